# made by docs/generate.py from fastact/_registry.py; do not edit
from contextlib import AbstractContextManager
from typing import Any, Literal, NoReturn, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastact import ufuncs as ufuncs
from fastact._activation import Activation as Activation

__version__: str
__all__: list[str]

_Out: TypeAlias = NDArray[Any] | None
_Where: TypeAlias = bool | NDArray[np.bool_]
_Casting: TypeAlias = Literal['no', 'equiv', 'safe', 'same_kind', 'unsafe']

class _IdentityDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _IdentityBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _IdentityBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Identity(Activation):
    ufunc: np.ufunc
    derivative: _IdentityDerivative
    backward: _IdentityBackward
    backward_from_output: _IdentityBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _StepDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, at_zero: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _StepBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, at_zero: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _StepBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, at_zero: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Step(Activation):
    ufunc: np.ufunc
    derivative: _StepDerivative
    backward: _StepBackward
    backward_from_output: _StepBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, at_zero: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SigmoidDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SigmoidBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SigmoidBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Sigmoid(Activation):
    ufunc: np.ufunc
    derivative: _SigmoidDerivative
    backward: _SigmoidBackward
    backward_from_output: _SigmoidBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _TanhDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _TanhBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _TanhBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Tanh(Activation):
    ufunc: np.ufunc
    derivative: _TanhDerivative
    backward: _TanhBackward
    backward_from_output: _TanhBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ReluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, at_zero: ArrayLike = 0.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ReluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, at_zero: ArrayLike = 0.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ReluBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, at_zero: ArrayLike = 0.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Relu(Activation):
    ufunc: np.ufunc
    derivative: _ReluDerivative
    backward: _ReluBackward
    backward_from_output: _ReluBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LeakyReluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, negative_slope: ArrayLike = 0.01, at_zero: ArrayLike | None = None, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LeakyReluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, negative_slope: ArrayLike = 0.01, at_zero: ArrayLike | None = None, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LeakyReluBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, negative_slope: ArrayLike = 0.01, at_zero: ArrayLike | None = None, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LeakyRelu(Activation):
    ufunc: np.ufunc
    derivative: _LeakyReluDerivative
    backward: _LeakyReluBackward
    backward_from_output: _LeakyReluBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, negative_slope: ArrayLike = 0.01, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _PreluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, weight: ArrayLike, out: _Out = None, *, axis: int = 1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _PreluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, weight: ArrayLike, out: _Out = None, *, axis: int = 1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _PreluBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, weight: ArrayLike, out: _Out = None, *, axis: int = 1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Prelu(Activation):
    ufunc: np.ufunc
    derivative: _PreluDerivative
    backward: _PreluBackward
    backward_from_output: _PreluBackwardFromOutput
    def __call__(self, x: ArrayLike, weight: ArrayLike, out: _Out = None, *, axis: int = 1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...
    def weight_gradient(self, dy: ArrayLike, x: ArrayLike, *, axis: int | None = None) -> Any: ...

class _EluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _EluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _EluBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Elu(Activation):
    ufunc: np.ufunc
    derivative: _EluDerivative
    backward: _EluBackward
    backward_from_output: _EluBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SeluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SeluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SeluBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Selu(Activation):
    ufunc: np.ufunc
    derivative: _SeluDerivative
    backward: _SeluBackward
    backward_from_output: _SeluBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SiluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, beta: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SiluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, beta: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Silu(Activation):
    ufunc: np.ufunc
    derivative: _SiluDerivative
    backward: _SiluBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, beta: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _MishDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _MishBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Mish(Activation):
    ufunc: np.ufunc
    derivative: _MishDerivative
    backward: _MishBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _GeluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, approximate: Literal['none', 'tanh'] = 'none', where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _GeluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, approximate: Literal['none', 'tanh'] = 'none', where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Gelu(Activation):
    ufunc: np.ufunc
    derivative: _GeluDerivative
    backward: _GeluBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, approximate: Literal['none', 'tanh'] = 'none', where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _GeluTanhDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _GeluTanhBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _GeluTanh(Activation):
    ufunc: np.ufunc
    derivative: _GeluTanhDerivative
    backward: _GeluTanhBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftplusDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, beta: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftplusBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, beta: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftplusBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, beta: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Softplus(Activation):
    ufunc: np.ufunc
    derivative: _SoftplusDerivative
    backward: _SoftplusBackward
    backward_from_output: _SoftplusBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, beta: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LogsigmoidDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LogsigmoidBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LogsigmoidBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Logsigmoid(Activation):
    ufunc: np.ufunc
    derivative: _LogsigmoidDerivative
    backward: _LogsigmoidBackward
    backward_from_output: _LogsigmoidBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _QuickGeluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _QuickGeluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _QuickGelu(Activation):
    ufunc: np.ufunc
    derivative: _QuickGeluDerivative
    backward: _QuickGeluBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftsignDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftsignBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftsignBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Softsign(Activation):
    ufunc: np.ufunc
    derivative: _SoftsignDerivative
    backward: _SoftsignBackward
    backward_from_output: _SoftsignBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftmaxDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, *, axis: int = -1) -> Any: ...

class _SoftmaxBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, axis: int = -1) -> Any: ...

class _SoftmaxBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, axis: int = -1) -> Any: ...

class _Softmax(Activation):
    ufunc: np.ufunc
    derivative: _SoftmaxDerivative
    backward: _SoftmaxBackward
    backward_from_output: _SoftmaxBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, axis: int = -1) -> Any: ...

identity: _Identity
step: _Step
sigmoid: _Sigmoid
tanh: _Tanh
relu: _Relu
leaky_relu: _LeakyRelu
prelu: _Prelu
elu: _Elu
selu: _Selu
silu: _Silu
mish: _Mish
gelu: _Gelu
gelu_tanh: _GeluTanh
softplus: _Softplus
logsigmoid: _Logsigmoid
quick_gelu: _QuickGelu
softsign: _Softsign
softmax: _Softmax
linear: _Identity
heaviside: _Step
binary_step: _Step
logistic: _Sigmoid
expit: _Sigmoid
swish: _Silu
gelu_new: _GeluTanh
log_sigmoid: _Logsigmoid

def compare(*activations: str | Activation) -> None: ...
def describe(activation: str | Activation) -> None: ...
def get(name: str) -> Activation: ...
def names(*, aliases: bool = False) -> list[str]: ...
def get_num_threads() -> int: ...
def set_num_threads(n: int) -> None: ...
def threads(n: int) -> AbstractContextManager[None]: ...
def show_config() -> None: ...
