"""Token weights without our trainer or our loss: blame of statements -> one weight per sampled token -> any loss.

    python examples/own_loss.py            # needs torch and transformers, no verl

Here a likelihood loss that pushes down the tokens of faulty statements only (an unlikelihood term). The same lines
serve any framework that has the sampled ids.
"""

import torch
from transformers import PreTrainedTokenizerBase

from verl_visual_sdpo.distillation.credit import token_responsibilities, weights_of
from verl_visual_sdpo.inspection.pipeline import analyse, gather_evidence
from verl_visual_sdpo.types import Task

RESPONSE = """A bar chart:
```python
import matplotlib.pyplot as plt
plt.figure(figsize=(3, 2))
plt.bar(["North America", "South America", "Asia Pacific"], [3, 5, 4])
plt.title("Sales")
plt.savefig("chart.png")
```"""


def unlikelihood(log_probs_T: torch.Tensor, guilt_T: torch.Tensor) -> torch.Tensor:
    """``-sum(guilt * log(1 - p)) / T``: nothing for tokens that no defect is traced to."""
    return -(guilt_T * torch.log1p(-log_probs_T.exp().clamp(max=1 - 1e-6))).mean()


def guilt_of(response: str, ids: list[int], tokenizer: PreTrainedTokenizerBase) -> torch.Tensor:
    """(T,) responsibilities in [0, 1]. ``ids`` are those that were *sampled*: never tokenise the text again."""
    analysis = analyse(response, Task("chart"))
    return token_responsibilities(ids, gather_evidence(analysis), tokenizer)


def main(tokenizer: PreTrainedTokenizerBase) -> None:
    ids = tokenizer(RESPONSE)["input_ids"]
    guilt_T = guilt_of(RESPONSE, ids, tokenizer)
    log_probs_T = torch.full((len(ids),), -0.5, requires_grad=True)  # of your model
    loss = unlikelihood(log_probs_T, guilt_T)
    loss.backward()
    blamed = tokenizer.decode([token for token, guilt in zip(ids, guilt_T) if guilt > 0])
    print(f"{int((guilt_T > 0).sum())} of {len(ids)} tokens are to blame: {blamed!r}")
    print(f"weights from 1 to {weights_of(guilt_T, alpha=2.0).max():.2f}; loss {loss:.3f}")


if __name__ == "__main__":
    import sys

    from transformers import AutoTokenizer

    from verl_visual_sdpo.data.tiny_model import build_tokenizer

    main(AutoTokenizer.from_pretrained(sys.argv[1]) if sys.argv[1:] else build_tokenizer([RESPONSE] * 4))
