namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>Recurrent layers (ONNX <c>RNN</c>, <c>GRU</c>, <c>LSTM</c>), sequences first, with their default activations or Sigmoid, Tanh and Relu.</summary>
internal static class RecurrentKernels
{
    public static IReadOnlyDictionary<string, Action<NodeRun>> All { get; } = new Dictionary<string, Action<NodeRun>>
    {
        ["RNN"] = run => Layer(run, 1, ["Tanh"]),
        ["GRU"] = run => Layer(run, 3, ["Sigmoid", "Tanh"]),
        ["LSTM"] = run => Layer(run, 4, ["Sigmoid", "Tanh", "Tanh"]),
    };

    private static void Layer(NodeRun run, int gates, string[] defaults)
    {
        var (x, w, r) = (run.Input(0), run.Input(1), run.Input(2));
        if (x is not { Type: OnnxElementType.Float, Rank: 3 } || w is not { Type: OnnxElementType.Float, Rank: 3 } || r is not { Type: OnnxElementType.Float, Rank: 3 }) throw run.Wrong($"takes {x}, {w} and {r}, expected three dimensions of Float each");
        if (run.Node.Has("clip")) throw run.Unsupported("clip is set");
        if (run.Node.Int("layout", 0) != 0) throw run.Unsupported("layout is 1");
        if (run.Node.Int("input_forget", 0) != 0) throw run.Unsupported("input_forget is 1");
        string direction = run.Node.Text("direction", "forward");
        int directions = direction == "bidirectional" ? 2 : 1, steps = x.Shape[0], batch = x.Shape[1], width = x.Shape[2], hidden = r.Shape[2];
        if (w.Shape[0] != directions || w.Shape[1] != gates * hidden || w.Shape[2] != width || r.Shape[0] != directions || r.Shape[1] != gates * hidden) throw run.Wrong($"takes {x}, weights {w} and recurrence {r}, which do not fit");
        bool isLstm = gates == 4;
        Check(run, 3, directions, 2 * gates * hidden);
        Check(run, 5, directions, batch, hidden);
        if (isLstm)
        {
            Check(run, 6, directions, batch, hidden);
            Check(run, 7, directions, 3 * hidden);
        }

        long[]? lengths = run.Optional(4)?.ToInts();
        if (lengths is not null && (lengths.Length != batch || lengths.Any(length => length < 0 || length > steps))) throw run.Wrong($"has sequence lengths [{string.Join(", ", lengths)}] for {batch} sequences of {steps}");
        string[] activations = run.Node.Texts("activations") ?? [.. Enumerable.Repeat(defaults, directions).SelectMany(names => names)];
        if (activations.Length != defaults.Length * directions) throw run.Wrong($"has {activations.Length} activations");
        var functions = activations.Select(name => Activation(run, name)).ToArray();

        var y = run.Output(0, OnnxElementType.Float, steps, directions, batch, hidden);
        var lastH = run.Output(1, OnnxElementType.Float, directions, batch, hidden);
        var lastC = isLstm ? run.Output(2, OnnxElementType.Float, directions, batch, hidden) : null;
        y.As<float>().Clear();
        for (int d = 0; d < directions; d++)
        {
            var cell = new Cell(run, gates, d, functions.AsSpan(d * defaults.Length, defaults.Length).ToArray());
            bool backwards = direction == "reverse" || d == 1;
            for (int n = 0; n < batch; n++)
            {
                var h = lastH.As<float>().Slice(((d * batch) + n) * hidden, hidden);
                var c = lastC is null ? default : lastC.As<float>().Slice(((d * batch) + n) * hidden, hidden);
                Start(run.Optional(5), h, ((d * batch) + n) * hidden);
                if (isLstm) Start(run.Optional(6), c, ((d * batch) + n) * hidden);
                int length = lengths is null ? steps : (int)lengths[n];
                for (int i = 0; i < length; i++)
                {
                    int t = backwards ? length - 1 - i : i;
                    cell.Step(x.As<float>().Slice(((t * batch) + n) * width, width), h, c);
                    h.CopyTo(y.As<float>()[(((((t * directions) + d) * batch) + n) * hidden)..]);
                }
            }
        }
    }

    private static void Start(Tensor? initial, Span<float> state, int at)
    {
        if (initial is null) state.Clear();
        else initial.As<float>().Slice(at, state.Length).CopyTo(state);
    }

    private static void Check(NodeRun run, int index, params int[] shape)
    {
        if (run.Optional(index) is { } tensor && (tensor.Type != OnnxElementType.Float || !Shape.Same(tensor.Shape, shape))) throw run.Wrong($"has input {index} of {tensor}, expected {Shape.Text(shape)}");
    }

    private static Func<float, float> Activation(NodeRun run, string name) => name.ToUpperInvariant() switch
    {
        "SIGMOID" => value => 1 / (1 + MathF.Exp(-value)),
        "TANH" => MathF.Tanh,
        "RELU" => value => MathF.Max(0, value),
        _ => throw run.Unsupported($"activation '{name}' is not supported"),
    };

    /// <summary>The weights of one direction.</summary>
    private sealed class Cell
    {
        private readonly int gates;
        private readonly int hidden;
        private readonly float[] w;
        private readonly float[] r;
        private readonly float[] inputBias;
        private readonly float[] recurrentBias;
        private readonly float[] peepholes;
        private readonly float[] fromInput;
        private readonly float[] fromState;
        private readonly Func<float, float>[] activations;
        private readonly bool linearBeforeReset;

        public Cell(NodeRun run, int gates, int direction, Func<float, float>[] activations)
        {
            this.gates = gates;
            this.activations = activations;
            hidden = run.Input(2).Shape[2];
            int rows = gates * hidden, width = run.Input(1).Shape[2];
            w = run.Input(1).As<float>().Slice(direction * rows * width, rows * width).ToArray();
            r = run.Input(2).As<float>().Slice(direction * rows * hidden, rows * hidden).ToArray();
            inputBias = run.Optional(3)?.As<float>().Slice(direction * 2 * rows, rows).ToArray() ?? new float[rows];
            recurrentBias = run.Optional(3)?.As<float>().Slice((direction * 2 * rows) + rows, rows).ToArray() ?? new float[rows];
            peepholes = gates == 4 ? run.Optional(7)?.As<float>().Slice(direction * 3 * hidden, 3 * hidden).ToArray() ?? new float[3 * hidden] : [];
            fromInput = new float[rows];
            fromState = new float[rows];
            linearBeforeReset = run.Node.Int("linear_before_reset", 0) != 0;
        }

        public void Step(ReadOnlySpan<float> x, Span<float> h, Span<float> c)
        {
            MatrixProduct.Run<float>(fromInput.Length, 1, x.Length, w, x.Length, x, 1, fromInput, 1);
            MatrixProduct.Run<float>(fromState.Length, 1, hidden, r, hidden, h, 1, fromState, 1);
            for (int i = 0; i < fromInput.Length; i++)
            {
                fromInput[i] += inputBias[i];
                fromState[i] += recurrentBias[i];
            }

            if (gates == 1)
            {
                for (int i = 0; i < hidden; i++) h[i] = activations[0](fromInput[i] + fromState[i]);
            }
            else if (gates == 3)
            {
                StepGru(h);
            }
            else
            {
                StepLstm(h, c);
            }
        }

        /// <summary>Gates in the order update, reset, hidden.</summary>
        private void StepGru(Span<float> h)
        {
            var (f, g) = (activations[0], activations[1]);
            var candidate = new float[hidden];
            var reset = new float[hidden];
            for (int i = 0; i < hidden; i++) reset[i] = f(fromInput[hidden + i] + fromState[hidden + i]);
            if (linearBeforeReset)
            {
                for (int i = 0; i < hidden; i++) candidate[i] = reset[i] * fromState[(2 * hidden) + i];
            }
            else
            {
                for (int i = 0; i < hidden; i++) reset[i] *= h[i];
                MatrixProduct.Run<float>(hidden, 1, hidden, r.AsSpan(2 * hidden * hidden), hidden, reset, 1, candidate, 1);
                for (int i = 0; i < hidden; i++) candidate[i] += recurrentBias[(2 * hidden) + i];
            }

            for (int i = 0; i < hidden; i++)
            {
                float update = f(fromInput[i] + fromState[i]);
                h[i] = ((1 - update) * g(fromInput[(2 * hidden) + i] + candidate[i])) + (update * h[i]);
            }
        }

        /// <summary>Gates in the order input, output, forget, cell; peepholes input, output, forget.</summary>
        private void StepLstm(Span<float> h, Span<float> c)
        {
            var (f, g, last) = (activations[0], activations[1], activations[2]);
            for (int i = 0; i < hidden; i++)
            {
                float input = f(fromInput[i] + fromState[i] + (peepholes[i] * c[i]));
                float forget = f(fromInput[(2 * hidden) + i] + fromState[(2 * hidden) + i] + (peepholes[(2 * hidden) + i] * c[i]));
                c[i] = (forget * c[i]) + (input * g(fromInput[(3 * hidden) + i] + fromState[(3 * hidden) + i]));
                float output = f(fromInput[hidden + i] + fromState[hidden + i] + (peepholes[hidden + i] * c[i]));
                h[i] = output * last(c[i]);
            }
        }
    }
}
