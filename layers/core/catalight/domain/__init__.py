"""What a catalogue, a job, a row and an image are: the standard library only, no input or output."""
