"""The plot of time and dollars against the number of images, as SVG."""

from pathlib import Path

import matplotlib as mpl

from bench.aws_model import LATENCIES, SIZES, USUAL, as_deployed, in_an_hour
from bench.aws_prices import MILLION
from bench.candidates import ROOT
from bench.cost import dollars
from bench.template import default

PLOT = ROOT / "docs/scale.svg"


def draw(path: Path) -> None:
    """Draw two panels: hours, and dollars of a million, both against images."""
    mpl.use("svg")
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "catalight", "font.size": 9})
    from matplotlib import pyplot

    figure, (time, cost) = pyplot.subplots(1, 2, figsize=(10, 3.8))
    for number, latency in enumerate(LATENCIES):
        hours = [as_deployed(images, latency).seconds(images, latency) / 3600 for images in SIZES]
        label = f"ImageConcurrency {default('ImageConcurrency')}, hosts {latency} ms"
        time.plot(SIZES, hours, marker="o", color=f"C{number}", label=label)
        each = [dollars(images, latency) / images * MILLION for images in SIZES]
        cost.plot(SIZES, each, marker="o", color=f"C{number}", label=f"AWS, hosts {latency} ms")
    hours = [in_an_hour(images).seconds(images, USUAL) / 3600 for images in SIZES]
    time.plot(SIZES, hours, marker="s", color="black", label="raised for an hour, hosts 150 ms")
    atlas = [as_deployed(images).tier.monthly / images * MILLION for images in SIZES]
    cost.plot(SIZES, atlas, marker="s", color="black", label="a month of Atlas")
    for panel, name in ((time, "hours"), (cost, "$ per million images")):
        panel.set(xscale="log", yscale="log", xlabel="images", ylabel=name)
        panel.grid(alpha=0.25)
        panel.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    draw(PLOT)
