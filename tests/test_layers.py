import json

import pytest
import torch
import torchinfo
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from fissura.errors import SettingsError
from fissura.layers import LayerTable, layer_table
from fissura.layers.activations import MONOTONE, OTHER, is_monotone
from fissura.models import CNN1, CNN2, MultinomialRegression

# said by PyTorch for even windows, which the tests have on purpose
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")


def shown(table: LayerTable) -> list[tuple[str, str, int]]:
    return [(row.text, row.output_shape, row.parameters) for row in table.rows]


def sequence(*layers: nn.Module, chw: tuple[int, int, int] = (2, 12, 12)) -> LayerTable:
    return layer_table(nn.Sequential(*layers), chw)


# The course's reference answers.


def test_regression_is_the_courses():
    table = layer_table(MultinomialRegression(), (1, 28, 28))
    assert shown(table) == [
        ("input (28, 28)", "28 x 28 x 1", 0),
        ("flatten", "784", 0),
        ("dense, 10 cells", "10", 7850),
    ]
    assert table.parameters == 7850


def test_cnn1_is_the_courses():
    table = layer_table(CNN1(), (1, 28, 28))
    assert shown(table) == [
        ("input (28, 28)", "28 x 28 x 1", 0),
        ("2-D convolution, 32 filters 3 x 3, ReLU", "26 x 26 x 32", 320),
        ("max pooling 2 x 2, stride 2", "13 x 13 x 32", 0),
        ("flatten", "5408", 0),
        ("dense, 10 cells", "10", 54090),
    ]
    assert table.parameters == table.trainable == 54410


def test_cnn2_is_the_courses():
    table = layer_table(CNN2(), (1, 28, 28))
    assert shown(table) == [
        ("input (28, 28)", "28 x 28 x 1", 0),
        ("2-D convolution, 32 filters 3 x 3, ReLU", "26 x 26 x 32", 320),
        ("max pooling 2 x 2, stride 2", "13 x 13 x 32", 0),
        ("2-D convolution, 64 filters 3 x 3, ReLU", "11 x 11 x 64", 18496),
        ("max pooling 2 x 2, stride 2", "5 x 5 x 64", 0),
        ("flatten", "1600", 0),
        ("dense, 128 cells, ReLU", "128", 204928),
        ("dense, 10 cells", "10", 1290),
    ]
    assert table.parameters == 225034
    assert [row.receptive_field for row in table.rows[:6]] == [(1, 1), (3, 3), (4, 4), (8, 8), (10, 10), (10, 10)]
    assert [row.jump for row in table.rows[:6]] == [(1, 1), (1, 1), (2, 2), (2, 2), (4, 4), None]
    assert table.rows[-1].receptive_field == (26, 26)  # 10 + 4 x 4: the last pooling leaves out a row


@pytest.mark.parametrize(
    ("network", "parameters", "shapes"),
    [
        (CNN1, 63050, ["28 x 28 x 32", "14 x 14 x 32", "6272", "10"]),
        (CNN2, 421642, ["28 x 28 x 32", "14 x 14 x 32", "14 x 14 x 64", "7 x 7 x 64", "3136", "128", "10"]),
    ],
)
def test_same_size_padding_is_the_courses(network, parameters, shapes):
    table = layer_table(network(same_padding=True), (1, 28, 28))
    assert table.parameters == parameters
    assert [row.output_shape for row in table.rows[1:]] == shapes
    assert table.rows[1].text == "2-D convolution, 32 filters 3 x 3, same-size padding, ReLU"


def test_formulas_have_the_numbers_put_in():
    rows = layer_table(CNN1(), (1, 28, 28)).rows
    assert rows[1].formula == "(3 x 3 x 1 + 1) x 32 = 320"
    assert rows[1].output_formula == ("(28 - 3 + 2 x 0)/1 + 1 = 26",) * 2
    assert rows[1].multiply_adds_formula == "26 x 26 x 3 x 3 x 1 x 32 = 194688"
    assert rows[2].formula == rows[2].multiply_adds_formula == "0"
    assert rows[3].output_formula == ("13 x 13 x 32 = 5408",)
    assert rows[4].formula == "(5408 + 1) x 10 = 54090"


@pytest.mark.parametrize(
    ("layer", "text", "formula"),
    [
        (
            nn.Conv2d(2, 4, 3, bias=False),
            "2-D convolution, 4 filters 3 x 3, without bias",
            "3 x 3 x 2 x 4 = 72",
        ),
        (
            nn.Conv2d(2, 4, (3, 1), groups=2, stride=2, padding=(1, 0), dilation=(2, 1)),
            "2-D convolution, 4 filters 3 x 1, stride 2, padding 1 x 0, dilation 2 x 1, 2 groups",
            "(3 x 1 x 2/2 + 1) x 4 = 16",
        ),
        (
            nn.Conv2d(2, 1, 2, padding="same"),
            "2-D convolution, 1 filter 2 x 2, same-size padding",
            "(2 x 2 x 2 + 1) x 1 = 9",
        ),
        (
            nn.ConvTranspose2d(2, 4, 3, stride=2, output_padding=1),
            "2-D transposed convolution, 4 filters 3 x 3, stride 2",
            "(3 x 3 x 2 + 1) x 4 = 76",
        ),
        (nn.BatchNorm2d(2), "batch normalisation", "2 x 2 = 4"),
        (nn.BatchNorm2d(2, affine=False), "batch normalisation", "0"),
        (nn.GroupNorm(2, 2), "group normalisation, 2 groups", "2 x 2 = 4"),
        (nn.LayerNorm((2, 12, 12)), "layer normalisation", "2 x 288 = 576"),
        (nn.AvgPool2d(3, padding=1), "average pooling 3 x 3, stride 3, padding 1", "0"),
        (nn.AdaptiveAvgPool2d(1), "average pooling over the whole map", "0"),
        (nn.AdaptiveMaxPool2d((3, 4)), "max pooling to 3 x 4", "0"),
        (nn.Dropout(0.25), "dropout, probability 0.25", "0"),
        (nn.Upsample(scale_factor=2), "upsampling, nearest", "0"),
        (nn.Identity(), "identity", "0"),
        (nn.Sigmoid(), "sigmoid", "0"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_layer_is_named_and_counted(layer, text, formula):
    row = sequence(layer).rows[1]
    assert (row.text, row.formula, row.note) == (text, formula, None)


@pytest.mark.parametrize(
    ("layer", "formula"),
    [
        (nn.Conv2d(2, 1, 4, stride=3), "⌊(12 - 4 + 2 x 0)/3⌋ + 1 = 3"),
        (nn.Conv2d(2, 1, 3, dilation=2), "(12 - 2 x (3 - 1) - 1 + 2 x 0)/1 + 1 = 8"),
        (nn.Conv2d(2, 1, 2, padding="same"), "(12 - 2 + 1)/1 + 1 = 12"),
        (nn.MaxPool2d(3, 2, ceil_mode=True), "⌈(12 - 3 + 2 x 0)/2⌉ + 1 = 6"),
        (nn.ConvTranspose2d(2, 1, 3, stride=2, output_padding=1), "(12 - 1) x 2 - 2 x 0 + 1 x (3 - 1) + 1 + 1 = 26"),
    ],
)
def test_output_dimension_is_derived(layer, formula):
    assert sequence(layer).rows[1].output_formula == (formula, formula)


# Where the activation is named.


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.ReLU(inplace=True), nn.Tanh()])
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0)])
def test_monotone_activation_is_named_at_its_convolution_across_max_pooling_and_flatten(activation, order):
    later = (activation, nn.MaxPool2d(2), nn.Flatten())
    table = sequence(nn.Conv2d(2, 3, 3), *(later[index] for index in order))
    said = "hyperbolic tangent" if isinstance(activation, nn.Tanh) else "ReLU"
    assert [row.text for row in table.rows[1:]] == [
        f"2-D convolution, 3 filters 3 x 3, {said}",
        "max pooling 2 x 2, stride 2",
        "flatten",
    ]


@pytest.mark.parametrize(
    ("between", "activation"),
    [
        (nn.AvgPool2d(2), nn.ReLU()),
        (nn.MaxPool2d(2), nn.GELU()),
        (nn.MaxPool2d(2), nn.LeakyReLU(-0.1)),
        (nn.MaxPool2d(2), nn.Softmax(1)),
        (nn.BatchNorm2d(3), nn.ReLU()),
    ],
)
def test_activation_has_a_row_of_its_own_where_the_order_matters(between, activation):
    table = sequence(nn.Conv2d(2, 3, 3), between, activation)
    assert len(table.rows) == 4
    assert table.rows[1].text == "2-D convolution, 3 filters 3 x 3"
    assert table.rows[3].kind == "activation"


def test_activation_on_one_of_two_branches_is_not_named_at_the_convolution():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.convolution, self.relu = nn.Conv2d(2, 3, 3), nn.ReLU()

        def forward(self, x):
            maps = self.convolution(x)
            return maps + self.relu(maps)

    assert [row.kind for row in layer_table(Branches(), (2, 9, 9)).rows] == ["input", "2-D convolution", "activation"]


@pytest.mark.parametrize("kind", [*MONOTONE, *OTHER])
def test_monotone_activations_are_those_that_never_fall(kind):
    activation = kind(0.1, 20) if kind is nn.Threshold else kind()
    values = activation(torch.linspace(-8, 8, 4001, dtype=torch.float64))
    assert is_monotone(activation) <= bool((values.diff() >= 0).all())
    assert is_monotone(activation) == (kind in MONOTONE)


# Networks that are not a plain sequence.


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, stride=2, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.shortcut = nn.Conv2d(2, 4, 1, stride=2)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        deep = self.second(F.relu(self.first(x)))
        return self.head((deep + self.shortcut(x)).mean((2, 3)))


def test_residual_sum_sees_as_far_as_its_deeper_branch():
    class Body(Residual):
        def __init__(self):
            super().__init__()
            self.last = nn.Conv2d(4, 4, 1)

        def forward(self, x):
            return self.last(self.second(F.relu(self.first(x))) + self.shortcut(x))

    rows = {row.name: row for row in layer_table(Body(), (2, 30, 30)).rows}
    assert rows["shortcut"].receptive_field == (1, 1)
    assert rows["second"].receptive_field == rows["last"].receptive_field == (7, 7)
    assert rows["last"].jump == (2, 2)
    assert rows["head"].note is not None  # it has weights and was not called


def test_maps_of_two_sizes_side_by_side_have_no_field_that_is_told():
    class Beside(nn.Module):
        def __init__(self):
            super().__init__()
            self.fine, self.coarse = nn.Conv2d(1, 2, 1, stride=2), nn.Conv2d(1, 2, 5, stride=2)
            self.head = nn.Linear(2 * 14 * 14 + 2 * 12 * 12, 3)

        def forward(self, x):
            return self.head(torch.cat([torch.flatten(each(x), 1) for each in (self.fine, self.coarse)], dim=1))

    assert layer_table(Beside(), (1, 28, 28)).rows[-1].receptive_field is None


def test_functional_mean_over_the_map_sees_the_whole_image():
    rows = layer_table(Residual(), (2, 30, 20)).rows
    assert rows[-1].receptive_field == (30, 20)
    assert [row.name for row in rows] == ["", "first", "second", "shortcut", "head"]


def test_rows_follow_the_run_and_not_the_order_of_registration():
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense, self.flatten, self.convolution = nn.Linear(75, 2), nn.Flatten(), nn.Conv2d(1, 3, 2)

        def forward(self, x):
            return self.dense(self.flatten(self.convolution(x)))

    assert [row.name for row in layer_table(Backwards(), (1, 6, 6)).rows] == ["", "convolution", "flatten", "dense"]


def test_unknown_operation_makes_the_receptive_field_unknown():
    class Turned(nn.Module):
        def __init__(self):
            super().__init__()
            self.convolution = nn.Conv2d(2, 3, 3)

        def forward(self, x):
            return self.convolution(torch.roll(x, 1, 2))

    row = layer_table(Turned(), (2, 9, 9)).rows[1]
    assert (row.receptive_field, row.jump, row.parameters) == (None, None, 57)


def test_layer_called_twice_is_counted_once_and_works_twice():
    convolution = nn.Conv2d(2, 2, 3, padding=1)
    table = sequence(convolution, nn.ReLU(), convolution)
    first, second = table.rows[1:]
    assert (first.parameters, second.parameters, table.parameters) == (38, 0, 38)
    assert str(second.note) == "weights shared with 0, counted there"
    assert second.formula == ""
    assert table.multiply_adds == 2 * first.multiply_adds == 2 * 12 * 12 * 36


def test_tied_weights_of_two_layers_are_counted_once():
    one, other = nn.Linear(5, 5), nn.Linear(5, 5)
    other.weight = one.weight
    table = layer_table(nn.Sequential(nn.Flatten(), one, other), (1, 1, 5))
    assert [row.parameters for row in table.rows[2:]] == [30, 5]
    assert table.parameters == 35


def test_layer_of_unknown_kind_has_its_parameters_and_no_formula():
    row = sequence(nn.PReLU(2)).rows[1]
    assert (row.kind, row.parameters, row.formula, str(row.note)) == ("PReLU", 2, "", "no formula")


def test_weights_outside_layers_have_a_row():
    class Shifted(nn.Module):
        def __init__(self):
            super().__init__()
            self.shift = nn.Parameter(torch.zeros(2, 1, 1), requires_grad=False)
            self.convolution = nn.Conv2d(2, 3, 3)

        def forward(self, x):
            return self.convolution(x + self.shift)

    table = layer_table(Shifted(), (2, 9, 9))
    assert (table.parameters, table.trainable) == (59, 57)
    assert (table.rows[-1].kind, table.rows[-1].parameters) == ("Shifted", 2)
    assert table.rows[1].receptive_field == (3, 3)


# The model is left as it was found.


def test_model_is_left_as_it_was_found():
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(), nn.Flatten(), nn.Linear(144, 2))
    model.train()
    model[1].eval()
    modes = [module.training for module in model.modules()]
    state = {name: value.clone() for name, value in model.state_dict().items()}
    random = torch.get_rng_state()
    layer_table(model, (1, 8, 8))
    with pytest.raises(SettingsError):
        layer_table(model, (1, 9, 8))
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert all(each.grad is None for each in model.parameters())
    assert torch.equal(torch.get_rng_state(), random)


# What does not fit.


@pytest.mark.parametrize(
    ("layers", "chw", "sentence"),
    [
        ([nn.Conv2d(1, 4, 3)], (3, 9, 9), "Layer 0 gets 3 channels and wants 1."),
        ([nn.Flatten(), nn.Linear(81, 2)], (1, 9, 8), "Layer 1 gets 72 values from each image and wants 81."),
        ([nn.BatchNorm2d(4)], (3, 9, 9), "Layer 0 gets 3 channels and wants 4."),
        ([nn.ReLU(), nn.Conv2d(1, 4, 5, padding=1)], (1, 9, 2), "Layer 1 gets 9 x 2 cells and wants at least 3 x 3"),
        ([nn.MaxPool2d(2), nn.MaxPool2d(2)], (1, 3, 3), "Layer 1 gets 1 x 1 cells and wants at least 2 x 2"),
        ([nn.ReLU()], (1, 0, 3), "each at least 1; got (1, 0, 3)"),
    ],
)
def test_image_that_does_not_fit_is_told_by_layer(layers, chw, sentence):
    with pytest.raises(SettingsError) as caught:
        sequence(*layers, chw=chw)
    assert sentence in str(caught.value)


def test_table_is_text_and_json():
    table = layer_table(CNN2(), (1, 28, 28))
    lines = str(table).splitlines()
    assert lines[3].split("  ")[0] == "2-D convolution, 32 filters 3 x 3, ReLU"
    assert lines[-1].split() == ["Total", "225,034", "2,631,040"]
    assert json.loads(json.dumps(table.as_dicts()))[1]["output_size"] == [26, 26, 32]


# Random networks, against torchinfo and against gradients.


@st.composite
def windows(draw, channels: int, pooling: bool):
    """A convolution or a pooling; (layer, its channels)."""
    sides = st.integers(1, 3)
    kernel, stride = draw(st.tuples(sides, sides)), draw(st.tuples(sides, sides))
    dilation = draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    padding = tuple(draw(st.integers(0, side // 2)) for side in kernel)
    if pooling and draw(st.booleans()):
        return nn.MaxPool2d(kernel, stride, padding, dilation, ceil_mode=draw(st.booleans())), channels
    if pooling:
        return nn.AvgPool2d(kernel, stride, padding), channels
    groups = draw(st.sampled_from([1, channels]))
    filters = channels * draw(st.integers(1, 2))
    if draw(st.booleans()):
        stride, padding = 1, draw(st.sampled_from(["same", "valid"]))
    return nn.Conv2d(channels, filters, kernel, stride, padding, dilation, groups, draw(st.booleans())), filters


@st.composite
def stacks(draw):
    """Layers on two channels, with or without normalisation, activation before or behind a pooling."""
    layers, channels = [], 2
    for _ in range(draw(st.integers(1, 3))):
        convolution, channels = draw(windows(channels, pooling=False))
        pooling, _ = draw(windows(channels, pooling=True))
        block = [nn.ReLU(), pooling] if draw(st.booleans()) else [pooling, nn.ReLU()]
        layers += [convolution, *([nn.BatchNorm2d(channels)] if draw(st.booleans()) else []), *block]
    return layers


@settings(max_examples=30, deadline=None)
@given(stacks(), st.booleans())
def test_random_networks_agree_with_torchinfo(layers, deep):
    side = (150, 131)
    try:
        size = nn.Sequential(*layers).eval()(torch.zeros(1, 2, *side)).flatten(1).shape[1]
    except RuntimeError:
        assume(False)  # strides that leave nothing of the image: no network
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(size, 5, bias=deep))
    table = layer_table(model, (2, *side))
    told = torchinfo.summary(model, (1, 2, *side), verbose=0, device="cpu")
    leaves = {each.var_name: each for each in told.summary_list if each.is_leaf_layer}
    assert (table.parameters, table.trainable) == (told.total_params, told.trainable_params)
    extra = 0  # what torchinfo counts besides: biases and normalisations
    for name, layer in model.named_children():
        size = leaves[name].output_size
        if isinstance(layer, nn.Conv2d) and layer.bias is not None:
            extra += layer.out_channels * size[2] * size[3]
        elif isinstance(layer, nn.BatchNorm2d | nn.Linear):
            extra += sum(each.numel() for each in layer.parameters() if each.dim() == 1)
    assert table.multiply_adds == told.total_mult_adds - extra
    for row in table.rows[1:]:
        chw = leaves[row.name].output_size[1:]
        assert row.output_size == (tuple(chw) if len(chw) == 1 else (chw[1], chw[2], chw[0]))
        assert row.parameters == leaves[row.name].num_params
        for formula in (row.formula, row.multiply_adds_formula):
            assert worth(formula) == 0
        for formula, got in zip(row.output_formula, row.output_size, strict=False):
            assert worth(formula) == 0
            assert int(formula.split(" = ")[1]) == got or row.kind == "flatten"


def worth(formula: str) -> float:
    """Left side of a formula less its right side."""
    python = formula.replace(" x ", " * ")
    for sign, call in (("⌊", "floor("), ("⌈", "ceil("), ("⌋", ")"), ("⌉", ")")):
        python = python.replace(sign, call)
    left, _, right = python.partition(" = ")
    return eval(left, {"floor": lambda v: v // 1, "ceil": lambda v: -(-v // 1)}) - float(right or left)


@settings(max_examples=40, deadline=None)
@given(stacks(), st.booleans())
def test_receptive_field_is_where_the_gradient_of_one_cell_reaches(layers, shortcut):
    # averages instead of maxima, and all weights 1: then every pixel that is seen has a positive gradient
    linear = [as_average(layer) for layer in layers if not isinstance(layer, nn.ReLU | nn.BatchNorm2d)]
    model: nn.Module = nn.Sequential(*linear)
    table_model: nn.Module = nn.Sequential(*layers)
    if shortcut:
        same = nn.Conv2d(2, 2, 2, padding="same")  # looks one pixel to the lower right
        model, table_model = nn.Sequential(Sum(same), model), nn.Sequential(Sum(same), table_model)
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.ones_(layer.weight)
    image = torch.zeros(1, 2, 400, 400, requires_grad=True)
    maps = model(image)
    maps[0, :, maps.shape[2] // 2, maps.shape[3] // 2].sum().backward()
    down, across = (image.grad[0].sum((0, axis)).nonzero().flatten() for axis in (2, 1))
    reach = (int(down[-1] - down[0]) + 1, int(across[-1] - across[0]) + 1)
    assert layer_table(table_model, (2, 400, 400)).rows[-1].receptive_field == reach


@pytest.mark.parametrize(
    "layers",
    [
        (nn.Conv2d(2, 2, 3), nn.MaxPool2d((2, 2), 2), nn.Conv2d(2, 2, 3), nn.MaxPool2d((2, 2), 2)),
        (nn.Conv2d(2, 2, 3, padding="same"), nn.MaxPool2d((2, 2), 2)),
        (nn.Conv2d(2, 2, 8, 4, 2), nn.Conv2d(2, 2, 3, 2, 1)),
        (nn.Conv2d(2, 2, 3, 4),),
        (),
    ],
)
def test_a_dense_cell_sees_where_its_gradient_reaches_and_no_further(layers):
    linear = nn.Sequential(*map(as_average, layers), nn.Flatten())
    for layer in linear.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.ones_(layer.weight)
    image = torch.zeros(1, 2, 28, 37, requires_grad=True)
    cells = linear(image)
    cells.sum().backward()
    down, across = (image.grad[0].sum((0, axis)).nonzero().flatten() for axis in (2, 1))
    reach = (int(down[-1] - down[0]) + 1, int(across[-1] - across[0]) + 1)
    table = layer_table(nn.Sequential(*layers, nn.Flatten(), nn.Linear(cells.shape[1], 3)), (2, 28, 37))
    assert table.rows[-1].receptive_field == reach


class Sum(nn.Module):
    def __init__(self, branch):
        super().__init__()
        self.branch = branch

    def forward(self, x):
        return x + self.branch(x)


def as_average(layer: nn.Module) -> nn.Module:
    """A max pooling as the sum over the same window."""
    if not isinstance(layer, nn.MaxPool2d):
        return layer
    return WindowSum(layer)


class WindowSum(nn.Module):
    def __init__(self, pooling):
        super().__init__()
        self.pooling = pooling

    def forward(self, x):
        pooling = self.pooling
        ones = torch.ones(x.shape[1], 1, *pooling.kernel_size)
        return F.conv2d(x, ones, None, pooling.stride, pooling.padding, pooling.dilation, x.shape[1])


def test_receptive_fields_are_none_where_a_whole_layer_is_unknown():
    assert sequence(nn.Upsample(scale_factor=2)).rows[1].receptive_field is None
    assert sequence(nn.ConvTranspose2d(2, 1, 3)).rows[1].receptive_field is None
    assert sequence(nn.AdaptiveAvgPool2d(5)).rows[1].receptive_field is None
    assert sequence(nn.AdaptiveAvgPool2d((4, 1))).rows[1].receptive_field == (3, 12)


def test_an_interactive_session_shows_the_table():
    table = layer_table(CNN1(), (1, 28, 28))
    assert repr(table) == str(table)
    assert "\n" in repr(table)


class _Reshaping(nn.Module):
    """A student's: the size is written into ``forward``."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(64, 2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.dense(images.view(-1, 64))


def test_a_network_that_cannot_be_run_on_the_image_is_told_with_the_reason() -> None:
    assert layer_table(_Reshaping(), (1, 8, 8)).parameters == 130
    with pytest.raises(SettingsError, match=r"on an image of .* \(1, 9, 9\): shape '\[-1, 64\]' is invalid"):
        layer_table(_Reshaping(), (1, 9, 9))
    with pytest.raises(SettingsError, match="conv1d"):
        layer_table(nn.Conv1d(1, 4, 3), (1, 8, 8))


def test_a_lazy_network_has_a_table_once_it_has_weights() -> None:
    network = nn.Sequential(nn.Flatten(), nn.LazyLinear(4))
    with pytest.raises(SettingsError, match=r"1\.weight has no size yet.* network\(torch\.zeros\(1, 1, 8, 8\)\)"):
        layer_table(network, (1, 8, 8))
    network(torch.zeros(1, 1, 8, 8))
    assert layer_table(network, (1, 8, 8)).parameters == 260
