"""The colours of the report: one table for the page (CSS variables) and the figures (matplotlib)."""

from collections.abc import Mapping

#: name: (light, dark). Each light value stands once, for a figure's colours are mapped back to names by it.
_COLOURS: Mapping[str, tuple[str, str]] = {
    "page": ("#f6f7f8", "#10151a"),
    "surface": ("#ffffff", "#181e25"),
    "wash": ("#eff2f4", "#212932"),
    "line": ("#dce1e6", "#303a45"),
    "ink": ("#17202a", "#e6ebf0"),
    "soft": ("#4d5966", "#aab5c0"),
    "faint": ("#5d6975", "#8b97a3"),
    "accent": ("#0b6573", "#5fc3d2"),
    "good": ("#23734a", "#62c794"),
    "caution": ("#945a00", "#e5ae52"),
    "poor": ("#b02e2a", "#f38b84"),
    # Letters: told apart with red-green blindness too, by lightness as well as by hue.
    "base-a": ("#12a387", "#7fe8d6"),
    "base-c": ("#2347c5", "#5f7dff"),
    "base-g": ("#c58600", "#f0b400"),
    "base-t": ("#8e1330", "#d8435f"),
    "class-1": ("#0d6d7e", "#4db9cb"),
    "class-2": ("#a94c12", "#ef9a5f"),
    "class-3": ("#6a4db4", "#ad96f2"),
    "class-4": ("#5f6b0e", "#bccb4c"),
    "class-5": ("#ad3371", "#ee8bbd"),
    "class-6": ("#4a647f", "#93b1cf"),
}

#: The letters' classic colours, as logos have had them since 1990.
_CLASSIC: Mapping[str, tuple[str, str]] = {
    "base-a": ("#17803d", "#4fc77c"),
    "base-c": ("#1d5fc9", "#76aefc"),
    "base-g": ("#c27400", "#f2b545"),
    "base-t": ("#cc2d2a", "#fb7b73"),
}

LIGHT: Mapping[str, str] = {name: light for name, (light, _) in _COLOURS.items()}
DARK: Mapping[str, str] = {name: dark for name, (_, dark) in _COLOURS.items()}
CLASSIC_LIGHT: Mapping[str, str] = {name: light for name, (light, _) in _CLASSIC.items()}
CLASSIC_DARK: Mapping[str, str] = {name: dark for name, (_, dark) in _CLASSIC.items()}
CLASS_COLOURS = tuple(name for name in _COLOURS if name.startswith("class-"))


def class_colour(index: int) -> str:
    """Name of the colour of the class at `index`; they come round again after the last."""
    return CLASS_COLOURS[index % len(CLASS_COLOURS)]


def css_variables(colours: Mapping[str, str]) -> str:
    """The colours as CSS declarations."""
    return "".join(f"--{name}:{value};" for name, value in colours.items())
