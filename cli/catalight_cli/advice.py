"""What the codes of the service mean, and what to do about them."""

IMAGES = {
    "invalid_url": "Write a complete URL, such as https://example.com/image.jpg.",
    "not_found": "Check in a browser whether the image is still there, and correct its URL.",
    "blocked_by_host": "Make the image public, or ask its host to let Catalight download it.",
    "http_error": "Open the URL in a browser; if it works there, retry the job later.",
    "timeout": "Its host was too slow: retry the job later, or use a faster host.",
    "dns_error": "Check the name of the host for typing errors, and whether it still exists.",
    "connection_error": "Its host closed the connection: retry the job later.",
    "tls_error": "Ask the host to renew its certificate, or use another URL.",
    "address_not_allowed": "Use a URL that anybody on the internet can open, at port 80 or 443.",
    "too_many_redirects": "Use the URL to which the redirects lead.",
    "too_many_bytes": "Offer the image in a smaller size: the file has too many bytes.",
    "too_many_pixels": "Offer the image in a smaller size: it has too many pixels.",
    "not_an_image": "Use the URL of the image itself, not of a page that shows it.",
    "corrupt_image": "Export the image again, as JPEG or PNG: the file is damaged or unusual.",
    "gave_up": "Offer the image in a smaller size, or export it again: it took too long or too much memory.",
    "cancelled": "The job was cancelled before its turn: retry the job.",
    "deadline_exceeded": "Its host answered too few requests in time: retry the job later.",
    "internal_error": "This is a fault of Catalight: retry the job later.",
}
"""What to do about an image that failed, in the words of the result's sheet of failures."""

FILES = {
    "missing_column": "Name the columns (--columns 'Front,Back'), or the header's line (--header-row 3).",
    "no_header": "Add a header line, or name its line with --header-row.",
    "not_a_csv": "Export the table as CSV or XLSX.",
    "undecodable": "Name the encoding, such as --encoding windows-1252, or save the file as UTF-8.",
    "guessed_columns": "If these are the wrong columns, name them: --columns 'Front,Back'.",
    "misplaced_url": "Move the URL into the column of images, or name the columns with --columns.",
    "invalid_url": "Correct the URL; without --strict only this image fails.",
    "no_usable_url": "Name the columns of images with --columns 'Front,Back'.",
    "too_many_rows": "Split the file.",
    "too_many_images_in_all": "Split the file.",
    "too_many_outputs": "Split the file, or ask for fewer renditions.",
    "short_row": "Check the row for a line break that is not in quotes.",
    "short_rows": "Check the delimiter and the header.",
    "broken_quote": "Close the quotation mark, or double it within a cell.",
    "extra_cells": "Put cells that contain the delimiter into quotes.",
}
"""What to do about a problem of a file, if the message does not say it. Messages of other codes do."""
