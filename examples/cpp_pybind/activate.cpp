// Activations by name on NumPy arrays of float32, in C++ by pybind11.
//
// Level 2 of embedding: fastact's table from C++. Parameters in a vector, `out` in place, no GIL during the call, and
// statuses of fastact as exceptions.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <fastact.h>

#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace py = pybind11;
using Array = py::array_t<float, py::array::c_style>;

static void check(int status)
{
    if (status == FASTACT_E_MEMORY)
        throw std::bad_alloc();
    if (status != FASTACT_OK)
        throw std::invalid_argument(std::string("fastact: ") + fastact_message(status));
}

static Array activate(const std::string &name, const Array &x, Array out, const std::vector<double> &parameters, int threads)
{
    fastact_function f = fastact_find(name.c_str(), FASTACT_F32, FASTACT_FORWARD);
    if (f == nullptr)
        throw std::invalid_argument("no activation is called '" + name + "'");
    const int wanted = fastact_parameters(name.c_str(), FASTACT_FORWARD, nullptr);
    if (!parameters.empty() && static_cast<int>(parameters.size()) != wanted)
        throw std::invalid_argument("the number of parameters of " + name + " is " + std::to_string(wanted));
    if (out.size() != x.size())
        throw std::invalid_argument("x and out differ in size");
    const float *from = x.data();
    float *to = out.mutable_data();
    int status;
    {
        py::gil_scoped_release released;
        status = f(nullptr, from, to, x.size(), parameters.empty() ? nullptr : parameters.data(), threads);
    }
    check(status);
    return out;
}

PYBIND11_MODULE(activate, module)
{
    if (fastact_import() != 0)
        throw py::error_already_set();
    // noconvert: a result written to a converted copy of `out` would be lost
    module.def(
        "activate", &activate, py::arg("name"), py::arg("x").noconvert(), py::arg("out").noconvert(),
        py::arg("parameters") = std::vector<double>(), py::arg("threads") = 0, "Write the activation of x to out.");
}
