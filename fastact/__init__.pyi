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
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _IdentityBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _IdentityBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Identity(Activation):
    ufunc: np.ufunc
    derivative: _IdentityDerivative
    backward: _IdentityBackward
    backward_from_output: _IdentityBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _StepDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, at_zero: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _StepBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, at_zero: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _StepBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, at_zero: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Step(Activation):
    ufunc: np.ufunc
    derivative: _StepDerivative
    backward: _StepBackward
    backward_from_output: _StepBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, at_zero: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ReluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, at_zero: ArrayLike = 0.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ReluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, at_zero: ArrayLike = 0.0, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ReluBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, at_zero: ArrayLike = 0.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Relu(Activation):
    ufunc: np.ufunc
    derivative: _ReluDerivative
    backward: _ReluBackward
    backward_from_output: _ReluBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LeakyReluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, negative_slope: ArrayLike = 0.01, at_zero: ArrayLike | None = None, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LeakyReluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, negative_slope: ArrayLike = 0.01, at_zero: ArrayLike | None = None, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LeakyReluBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, negative_slope: ArrayLike = 0.01, at_zero: ArrayLike | None = None, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LeakyRelu(Activation):
    ufunc: np.ufunc
    derivative: _LeakyReluDerivative
    backward: _LeakyReluBackward
    backward_from_output: _LeakyReluBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, negative_slope: ArrayLike = 0.01, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _PreluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, weight: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = 1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _PreluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, weight: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = 1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _PreluBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, weight: ArrayLike, out: _Out = None, *, axis: int = 1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Prelu(Activation):
    ufunc: np.ufunc
    derivative: _PreluDerivative
    backward: _PreluBackward
    backward_from_output: _PreluBackwardFromOutput
    def __call__(self, x: ArrayLike, weight: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = 1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...
    def weight_gradient(self, dy: ArrayLike, x: ArrayLike, *, axis: int | None = None) -> Any: ...
    def backward_with_weight(self, dy: ArrayLike, x: ArrayLike, weight: ArrayLike, out: _Out = None, *, axis: int = 1) -> tuple[Any, Any]: ...

class _Relu6Derivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Relu6Backward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Relu6BackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Relu6(Activation):
    ufunc: np.ufunc
    derivative: _Relu6Derivative
    backward: _Relu6Backward
    backward_from_output: _Relu6BackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ReluSquaredDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ReluSquaredBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ReluSquaredBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ReluSquared(Activation):
    ufunc: np.ufunc
    derivative: _ReluSquaredDerivative
    backward: _ReluSquaredBackward
    backward_from_output: _ReluSquaredBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ThresholdDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, threshold: ArrayLike, value: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ThresholdBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, threshold: ArrayLike, value: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ThresholdBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, threshold: ArrayLike, value: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Threshold(Activation):
    ufunc: np.ufunc
    derivative: _ThresholdDerivative
    backward: _ThresholdBackward
    backward_from_output: _ThresholdBackwardFromOutput
    def __call__(self, x: ArrayLike, threshold: ArrayLike, value: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ThresholdedReluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ThresholdedReluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ThresholdedReluBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ThresholdedRelu(Activation):
    ufunc: np.ufunc
    derivative: _ThresholdedReluDerivative
    backward: _ThresholdedReluBackward
    backward_from_output: _ThresholdedReluBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _HardtanhDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, min_val: ArrayLike = -1.0, max_val: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _HardtanhBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, min_val: ArrayLike = -1.0, max_val: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _HardtanhBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, min_val: ArrayLike = -1.0, max_val: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Hardtanh(Activation):
    ufunc: np.ufunc
    derivative: _HardtanhDerivative
    backward: _HardtanhBackward
    backward_from_output: _HardtanhBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, min_val: ArrayLike = -1.0, max_val: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ClippedLinearDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, slope: ArrayLike = 1.0, offset: ArrayLike = 0.0, min_val: ArrayLike = 0.0, max_val: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ClippedLinearBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, slope: ArrayLike = 1.0, offset: ArrayLike = 0.0, min_val: ArrayLike = 0.0, max_val: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ClippedLinearBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, slope: ArrayLike = 1.0, offset: ArrayLike = 0.0, min_val: ArrayLike = 0.0, max_val: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ClippedLinear(Activation):
    ufunc: np.ufunc
    derivative: _ClippedLinearDerivative
    backward: _ClippedLinearBackward
    backward_from_output: _ClippedLinearBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, slope: ArrayLike = 1.0, offset: ArrayLike = 0.0, min_val: ArrayLike = 0.0, max_val: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _RreluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, lower: ArrayLike = 0.125, upper: ArrayLike = 0.3333333333333333, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _RreluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, lower: ArrayLike = 0.125, upper: ArrayLike = 0.3333333333333333, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, noise: ArrayLike | None = None, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _RreluBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, lower: ArrayLike = 0.125, upper: ArrayLike = 0.3333333333333333, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Rrelu(Activation):
    ufunc: np.ufunc
    derivative: _RreluDerivative
    backward: _RreluBackward
    backward_from_output: _RreluBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, lower: ArrayLike = 0.125, upper: ArrayLike = 0.3333333333333333, bias: ArrayLike | None = None, axis: int = -1, training: bool = False, rng: np.random.Generator | int | None = None, noise: ArrayLike | None = None, return_noise: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _HardsigmoidDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, slope: ArrayLike = 0.16666666666666666, offset: ArrayLike = 0.5, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _HardsigmoidBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, slope: ArrayLike = 0.16666666666666666, offset: ArrayLike = 0.5, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _HardsigmoidBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, slope: ArrayLike = 0.16666666666666666, offset: ArrayLike = 0.5, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Hardsigmoid(Activation):
    ufunc: np.ufunc
    derivative: _HardsigmoidDerivative
    backward: _HardsigmoidBackward
    backward_from_output: _HardsigmoidBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, slope: ArrayLike = 0.16666666666666666, offset: ArrayLike = 0.5, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _HardswishDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _HardswishBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Hardswish(Activation):
    ufunc: np.ufunc
    derivative: _HardswishDerivative
    backward: _HardswishBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _HardshrinkDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, lambd: ArrayLike = 0.5, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _HardshrinkBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, lambd: ArrayLike = 0.5, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _HardshrinkBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, lambd: ArrayLike = 0.5, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Hardshrink(Activation):
    ufunc: np.ufunc
    derivative: _HardshrinkDerivative
    backward: _HardshrinkBackward
    backward_from_output: _HardshrinkBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, lambd: ArrayLike = 0.5, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftshrinkDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, lambd: ArrayLike = 0.5, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftshrinkBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, lambd: ArrayLike = 0.5, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftshrinkBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, lambd: ArrayLike = 0.5, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Softshrink(Activation):
    ufunc: np.ufunc
    derivative: _SoftshrinkDerivative
    backward: _SoftshrinkBackward
    backward_from_output: _SoftshrinkBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, lambd: ArrayLike = 0.5, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ShrinkDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, lambd: ArrayLike = 0.5, bias: ArrayLike = 0.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ShrinkBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, lambd: ArrayLike = 0.5, bias: ArrayLike = 0.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ShrinkBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, lambd: ArrayLike = 0.5, bias: ArrayLike = 0.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Shrink(Activation):
    ufunc: np.ufunc
    derivative: _ShrinkDerivative
    backward: _ShrinkBackward
    backward_from_output: _ShrinkBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, lambd: ArrayLike = 0.5, bias: ArrayLike = 0.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SparsePlusDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SparsePlusBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SparsePlusBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SparsePlus(Activation):
    ufunc: np.ufunc
    derivative: _SparsePlusDerivative
    backward: _SparsePlusBackward
    backward_from_output: _SparsePlusBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SparseSigmoidDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SparseSigmoidBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SparseSigmoidBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SparseSigmoid(Activation):
    ufunc: np.ufunc
    derivative: _SparseSigmoidDerivative
    backward: _SparseSigmoidBackward
    backward_from_output: _SparseSigmoidBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _EluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _EluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _EluBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Elu(Activation):
    ufunc: np.ufunc
    derivative: _EluDerivative
    backward: _EluBackward
    backward_from_output: _EluBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SeluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SeluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SeluBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Selu(Activation):
    ufunc: np.ufunc
    derivative: _SeluDerivative
    backward: _SeluBackward
    backward_from_output: _SeluBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _CeluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _CeluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _CeluBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Celu(Activation):
    ufunc: np.ufunc
    derivative: _CeluDerivative
    backward: _CeluBackward
    backward_from_output: _CeluBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _GaussianDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _GaussianBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Gaussian(Activation):
    ufunc: np.ufunc
    derivative: _GaussianDerivative
    backward: _GaussianBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ExpDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ExpBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _ExpBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Exp(Activation):
    ufunc: np.ufunc
    derivative: _ExpDerivative
    backward: _ExpBackward
    backward_from_output: _ExpBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _XieluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, alpha_n: ArrayLike = -1.0502256128148468, alpha_p: ArrayLike = 0.2033823208110246, beta: ArrayLike = 0.5, eps: ArrayLike = -1e-06, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _XieluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, alpha_n: ArrayLike = -1.0502256128148468, alpha_p: ArrayLike = 0.2033823208110246, beta: ArrayLike = 0.5, eps: ArrayLike = -1e-06, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Xielu(Activation):
    ufunc: np.ufunc
    derivative: _XieluDerivative
    backward: _XieluBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, alpha_n: ArrayLike = -1.0502256128148468, alpha_p: ArrayLike = 0.2033823208110246, beta: ArrayLike = 0.5, eps: ArrayLike = -1e-06, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SigmoidDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SigmoidBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SigmoidBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Sigmoid(Activation):
    ufunc: np.ufunc
    derivative: _SigmoidDerivative
    backward: _SigmoidBackward
    backward_from_output: _SigmoidBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _TanhDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _TanhBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _TanhBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Tanh(Activation):
    ufunc: np.ufunc
    derivative: _TanhDerivative
    backward: _TanhBackward
    backward_from_output: _TanhBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SiluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, beta: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SiluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, beta: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Silu(Activation):
    ufunc: np.ufunc
    derivative: _SiluDerivative
    backward: _SiluBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, beta: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _QuickGeluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _QuickGeluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _QuickGelu(Activation):
    ufunc: np.ufunc
    derivative: _QuickGeluDerivative
    backward: _QuickGeluBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftplusDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, beta: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftplusBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, beta: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftplusBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, beta: ArrayLike = 1.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Softplus(Activation):
    ufunc: np.ufunc
    derivative: _SoftplusDerivative
    backward: _SoftplusBackward
    backward_from_output: _SoftplusBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, beta: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LogsigmoidDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LogsigmoidBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LogsigmoidBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Logsigmoid(Activation):
    ufunc: np.ufunc
    derivative: _LogsigmoidDerivative
    backward: _LogsigmoidBackward
    backward_from_output: _LogsigmoidBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _MishDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _MishBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Mish(Activation):
    ufunc: np.ufunc
    derivative: _MishDerivative
    backward: _MishBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _TanhshrinkDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _TanhshrinkBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Tanhshrink(Activation):
    ufunc: np.ufunc
    derivative: _TanhshrinkDerivative
    backward: _TanhshrinkBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LogitDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, eps: ArrayLike | None = None, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _LogitBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, eps: ArrayLike | None = None, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Logit(Activation):
    ufunc: np.ufunc
    derivative: _LogitDerivative
    backward: _LogitBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, eps: ArrayLike | None = None, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _GeluDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, approximate: Literal['none', 'tanh'] = 'none', bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _GeluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, approximate: Literal['none', 'tanh'] = 'none', bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Gelu(Activation):
    ufunc: np.ufunc
    derivative: _GeluDerivative
    backward: _GeluBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, approximate: Literal['none', 'tanh'] = 'none', bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _GeluTanhDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _GeluTanhBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _GeluTanh(Activation):
    ufunc: np.ufunc
    derivative: _GeluTanhDerivative
    backward: _GeluTanhBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftsignDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftsignBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftsignBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Softsign(Activation):
    ufunc: np.ufunc
    derivative: _SoftsignDerivative
    backward: _SoftsignBackward
    backward_from_output: _SoftsignBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SquareplusDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, b: ArrayLike = 4.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SquareplusBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, b: ArrayLike = 4.0, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SquareplusBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, b: ArrayLike = 4.0, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Squareplus(Activation):
    ufunc: np.ufunc
    derivative: _SquareplusDerivative
    backward: _SquareplusBackward
    backward_from_output: _SquareplusBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, b: ArrayLike = 4.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _DishDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _DishBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Dish(Activation):
    ufunc: np.ufunc
    derivative: _DishDerivative
    backward: _DishBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _BentIdentityDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _BentIdentityBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _BentIdentityBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _BentIdentity(Activation):
    ufunc: np.ufunc
    derivative: _BentIdentityDerivative
    backward: _BentIdentityBackward
    backward_from_output: _BentIdentityBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SineDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, omega: ArrayLike = 30.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SineBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, omega: ArrayLike = 30.0, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Sine(Activation):
    ufunc: np.ufunc
    derivative: _SineDerivative
    backward: _SineBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, omega: ArrayLike = 30.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SnakeDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SnakeBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, bias_gradient: bool = False, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _Snake(Activation):
    ufunc: np.ufunc
    derivative: _SnakeDerivative
    backward: _SnakeBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, alpha: ArrayLike = 1.0, bias: ArrayLike | None = None, axis: int = -1, where: _Where = True, dtype: DTypeLike | None = None, casting: _Casting = 'same_kind') -> Any: ...

class _SoftmaxDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, *, axis: int = -1, scale: float = 1.0) -> Any: ...

class _SoftmaxBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1, scale: float = 1.0, mask: ArrayLike | None = None, where: ArrayLike | None = None, causal: bool = False) -> Any: ...

class _SoftmaxBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1, scale: float = 1.0) -> Any: ...

class _Softmax(Activation):
    ufunc: np.ufunc
    derivative: _SoftmaxDerivative
    backward: _SoftmaxBackward
    backward_from_output: _SoftmaxBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1, scale: float = 1.0, mask: ArrayLike | None = None, where: ArrayLike | None = None, causal: bool = False) -> Any: ...

class _LogSoftmaxDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, *, axis: int = -1, scale: float = 1.0) -> Any: ...

class _LogSoftmaxBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1, scale: float = 1.0, mask: ArrayLike | None = None, where: ArrayLike | None = None, causal: bool = False) -> Any: ...

class _LogSoftmaxBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1, scale: float = 1.0) -> Any: ...

class _LogSoftmax(Activation):
    ufunc: np.ufunc
    derivative: _LogSoftmaxDerivative
    backward: _LogSoftmaxBackward
    backward_from_output: _LogSoftmaxBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1, scale: float = 1.0, mask: ArrayLike | None = None, where: ArrayLike | None = None, causal: bool = False) -> Any: ...

class _SoftminDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, *, axis: int = -1, scale: float = 1.0) -> Any: ...

class _SoftminBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1, scale: float = 1.0, mask: ArrayLike | None = None, where: ArrayLike | None = None, causal: bool = False) -> Any: ...

class _SoftminBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1, scale: float = 1.0) -> Any: ...

class _Softmin(Activation):
    ufunc: np.ufunc
    derivative: _SoftminDerivative
    backward: _SoftminBackward
    backward_from_output: _SoftminBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1, scale: float = 1.0, mask: ArrayLike | None = None, where: ArrayLike | None = None, causal: bool = False) -> Any: ...

class _HardmaxDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, *, axis: int = -1) -> Any: ...

class _HardmaxBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1) -> Any: ...

class _HardmaxBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1) -> Any: ...

class _Hardmax(Activation):
    ufunc: np.ufunc
    derivative: _HardmaxDerivative
    backward: _HardmaxBackward
    backward_from_output: _HardmaxBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1) -> Any: ...

class _SparsemaxDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, *, axis: int = -1) -> Any: ...

class _SparsemaxBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1) -> Any: ...

class _SparsemaxBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1) -> Any: ...

class _Sparsemax(Activation):
    ufunc: np.ufunc
    derivative: _SparsemaxDerivative
    backward: _SparsemaxBackward
    backward_from_output: _SparsemaxBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1) -> Any: ...

class _LogsumexpDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, *, axis: int = -1) -> Any: ...

class _LogsumexpBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1, keepdims: bool = False) -> Any: ...

class _Logsumexp(Activation):
    ufunc: np.ufunc
    derivative: _LogsumexpDerivative
    backward: _LogsumexpBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, out: _Out = None, *, axis: int | tuple[int, ...] | None = -1, keepdims: bool = False) -> Any: ...

class _GumbelSoftmaxBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, noise: ArrayLike | None, out: _Out = None, *, tau: float = 1.0, axis: int | tuple[int, ...] | None = -1) -> Any: ...

class _GumbelSoftmaxBackwardFromOutput:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, y: ArrayLike, out: _Out = None, *, tau: float = 1.0, axis: int | tuple[int, ...] | None = -1) -> Any: ...

class _GumbelSoftmax(Activation):
    ufunc: np.ufunc
    def derivative(self, *args: Any, **keywords: Any) -> NoReturn: ...
    backward: _GumbelSoftmaxBackward
    backward_from_output: _GumbelSoftmaxBackwardFromOutput
    def __call__(self, x: ArrayLike, out: _Out = None, *, tau: float = 1.0, hard: bool = False, rng: np.random.Generator | int | None = None, noise: ArrayLike | None = None, return_noise: bool = False, axis: int | tuple[int, ...] | None = -1) -> Any: ...

class _MaxoutDerivative:
    ufunc: np.ufunc
    def __call__(self, x: ArrayLike, groups: int, *, axis: int = -1) -> Any: ...

class _MaxoutBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, groups: int, out: _Out = None, *, axis: int = -1) -> Any: ...

class _Maxout(Activation):
    ufunc: np.ufunc
    derivative: _MaxoutDerivative
    backward: _MaxoutBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, groups: int, out: _Out = None, *, axis: int = -1) -> Any: ...

class _GluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, up: ArrayLike | None = None, out: NDArray[Any] | tuple[NDArray[Any], NDArray[Any]] | None = None, *, axis: int = -1, gate: Literal['first', 'second'] = 'second', interleaved: bool = False, bias: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None, bias_gradient: bool = False) -> Any: ...

class _Glu(Activation):
    ufunc: np.ufunc
    def derivative(self, *args: Any, **keywords: Any) -> NoReturn: ...
    backward: _GluBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, up: ArrayLike | None = None, out: _Out = None, *, axis: int = -1, gate: Literal['first', 'second'] = 'second', interleaved: bool = False, bias: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None) -> Any: ...

class _RegluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, up: ArrayLike | None = None, out: NDArray[Any] | tuple[NDArray[Any], NDArray[Any]] | None = None, *, axis: int = -1, gate: Literal['first', 'second'] = 'first', interleaved: bool = False, bias: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None, bias_gradient: bool = False) -> Any: ...

class _Reglu(Activation):
    ufunc: np.ufunc
    def derivative(self, *args: Any, **keywords: Any) -> NoReturn: ...
    backward: _RegluBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, up: ArrayLike | None = None, out: _Out = None, *, axis: int = -1, gate: Literal['first', 'second'] = 'first', interleaved: bool = False, bias: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None) -> Any: ...

class _GegluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, up: ArrayLike | None = None, out: NDArray[Any] | tuple[NDArray[Any], NDArray[Any]] | None = None, *, approximate: Literal['none', 'tanh'] = 'none', axis: int = -1, gate: Literal['first', 'second'] = 'first', interleaved: bool = False, bias: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None, bias_gradient: bool = False) -> Any: ...

class _Geglu(Activation):
    ufunc: np.ufunc
    def derivative(self, *args: Any, **keywords: Any) -> NoReturn: ...
    backward: _GegluBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, up: ArrayLike | None = None, out: _Out = None, *, approximate: Literal['none', 'tanh'] = 'none', axis: int = -1, gate: Literal['first', 'second'] = 'first', interleaved: bool = False, bias: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None) -> Any: ...

class _SwigluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, up: ArrayLike | None = None, out: NDArray[Any] | tuple[NDArray[Any], NDArray[Any]] | None = None, *, alpha: float = 1.0, limit: float | None = None, shift: float = 0.0, axis: int = -1, gate: Literal['first', 'second'] = 'first', interleaved: bool = False, bias: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None, bias_gradient: bool = False) -> Any: ...

class _Swiglu(Activation):
    ufunc: np.ufunc
    def derivative(self, *args: Any, **keywords: Any) -> NoReturn: ...
    backward: _SwigluBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, up: ArrayLike | None = None, out: _Out = None, *, alpha: float = 1.0, limit: float | None = None, shift: float = 0.0, axis: int = -1, gate: Literal['first', 'second'] = 'first', interleaved: bool = False, bias: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None) -> Any: ...

class _BilinearBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, up: ArrayLike | None = None, out: NDArray[Any] | tuple[NDArray[Any], NDArray[Any]] | None = None, *, axis: int = -1, gate: Literal['first', 'second'] = 'first', interleaved: bool = False, bias: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None, bias_gradient: bool = False) -> Any: ...

class _Bilinear(Activation):
    ufunc: np.ufunc
    def derivative(self, *args: Any, **keywords: Any) -> NoReturn: ...
    backward: _BilinearBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, up: ArrayLike | None = None, out: _Out = None, *, axis: int = -1, gate: Literal['first', 'second'] = 'first', interleaved: bool = False, bias: ArrayLike | tuple[ArrayLike, ArrayLike] | None = None) -> Any: ...

class _FreluBackward:
    ufunc: np.ufunc
    def __call__(self, dy: ArrayLike, x: ArrayLike, weight: ArrayLike, bias: ArrayLike | None = None, *, scale: ArrayLike | None = None, shift: ArrayLike | None = None) -> tuple[Any, Any, Any]: ...

class _Frelu(Activation):
    ufunc: np.ufunc
    def derivative(self, *args: Any, **keywords: Any) -> NoReturn: ...
    backward: _FreluBackward
    def backward_from_output(self, *args: Any, **keywords: Any) -> NoReturn: ...
    def __call__(self, x: ArrayLike, weight: ArrayLike, bias: ArrayLike | None = None, out: _Out = None, *, scale: ArrayLike | None = None, shift: ArrayLike | None = None) -> Any: ...

identity: _Identity
step: _Step
relu: _Relu
leaky_relu: _LeakyRelu
prelu: _Prelu
relu6: _Relu6
relu_squared: _ReluSquared
threshold: _Threshold
thresholded_relu: _ThresholdedRelu
hardtanh: _Hardtanh
clipped_linear: _ClippedLinear
rrelu: _Rrelu
hardsigmoid: _Hardsigmoid
hardswish: _Hardswish
hardshrink: _Hardshrink
softshrink: _Softshrink
shrink: _Shrink
sparse_plus: _SparsePlus
sparse_sigmoid: _SparseSigmoid
elu: _Elu
selu: _Selu
celu: _Celu
gaussian: _Gaussian
exp: _Exp
xielu: _Xielu
sigmoid: _Sigmoid
tanh: _Tanh
silu: _Silu
quick_gelu: _QuickGelu
softplus: _Softplus
logsigmoid: _Logsigmoid
mish: _Mish
tanhshrink: _Tanhshrink
logit: _Logit
gelu: _Gelu
gelu_tanh: _GeluTanh
softsign: _Softsign
squareplus: _Squareplus
dish: _Dish
bent_identity: _BentIdentity
sine: _Sine
snake: _Snake
softmax: _Softmax
log_softmax: _LogSoftmax
softmin: _Softmin
hardmax: _Hardmax
sparsemax: _Sparsemax
logsumexp: _Logsumexp
gumbel_softmax: _GumbelSoftmax
maxout: _Maxout
glu: _Glu
reglu: _Reglu
geglu: _Geglu
swiglu: _Swiglu
bilinear: _Bilinear
frelu: _Frelu
linear: _Identity
heaviside: _Step
binary_step: _Step
relu2: _ReluSquared
clip: _Hardtanh
hard_sigmoid: _Hardsigmoid
hard_swish: _Hardswish
hard_silu: _Hardswish
hard_shrink: _Hardshrink
soft_shrink: _Softshrink
exponential: _Exp
logistic: _Sigmoid
expit: _Sigmoid
swish: _Silu
log_sigmoid: _Logsigmoid
tanh_shrink: _Tanhshrink
gelu_new: _GeluTanh
siren: _Sine

def compare(*activations: str | Activation) -> None: ...
def describe(activation: str | Activation) -> None: ...
def get(name: str) -> Activation: ...
def names(*, aliases: bool = False) -> list[str]: ...
def get_compile_flags(
    isa: Literal['baseline', 'v3', 'v4', 'native'] = 'baseline', compiler: str | None = None
) -> list[str]: ...
def get_include() -> str: ...
def get_num_threads() -> int: ...
def set_num_threads(n: int) -> None: ...
def threads(n: int) -> AbstractContextManager[None]: ...
def show_config() -> None: ...
