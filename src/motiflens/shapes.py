"""Types that all packages share: shapes of arrays (checked by jaxtyping in the tests), and strands."""

from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64, UInt8

#: Sequences at rest: A, C, G, T = 0..3, N = 4.
Codes = UInt8[np.ndarray, "n length"]
#: One-hot encoded sequences; N is four zeros.
OneHot = Float32[np.ndarray, "n 4 length"]
#: Hypothetical contributions in logit units, towards one class; mean-centred over the bases.
Attribution = Float32[np.ndarray, "n 4 length"]
#: Class index of each sequence.
Labels = Int64[np.ndarray, " n"]
#: A row of numbers or of several labels for each sequence; NaN where one is missing.
Targets = Float64[np.ndarray, "n targets"]
#: What is to be predicted of each sequence, as `Output` takes it.
Truth = Labels | Targets
#: Logits or probabilities; one column a class (a binary logit has a single column).
Scores = Float[np.ndarray, "n classes"]
#: A motif as probabilities (columns sum to 1) or contributions, rows in the order A, C, G, T.
MotifMatrix = Float64[np.ndarray, "4 width"]

#: "forward": sequences are read as they are; "both": their reverse complements count alike.
Strands = Literal["forward", "both"]

__all__ = ["Attribution", "Codes", "Labels", "MotifMatrix", "OneHot", "Scores", "Strands", "Targets", "Truth"]
