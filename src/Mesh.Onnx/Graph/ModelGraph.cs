using System.Globalization;
using Mesh.Model;

namespace Mesh.Onnx.Graph;

/// <summary>
/// A model to rewrite: nodes, and values with their producers and consumers. Read from a <see cref="ModelProto"/> and written back with the
/// fields that this project does not know. Initialisers that are listed as inputs too (required before IR 4, defaults since) are
/// constants here and are no longer listed. Subgraphs of control-flow operators are carried through as they are; the values they use
/// keep their names.
/// </summary>
public sealed partial class ModelGraph
{
    private const long FirstIrWithoutInitializersAsInputs = 4;

    private readonly ModelProto model;
    private readonly Dictionary<string, GraphValue> values = [];
    private readonly Dictionary<string, ValueInfoProto> described = [];
    private readonly List<GraphNode> nodes = [];
    private readonly HashSet<string> nodeNames = [];
    private readonly List<ValueInfoProto> inputs = [];
    private readonly List<ValueInfoProto> outputs = [];

    private ModelGraph(ModelProto model) => this.model = model;

    /// <summary>Nodes, each after those whose outputs it uses.</summary>
    public IReadOnlyList<GraphNode> Nodes => nodes;

    /// <summary>Every value.</summary>
    public IReadOnlyCollection<GraphValue> Values => values.Values;

    /// <summary>Inputs as described, in order.</summary>
    public IReadOnlyList<ValueInfoProto> Inputs => inputs;

    /// <summary>Outputs as described, in order.</summary>
    public IReadOnlyList<ValueInfoProto> Outputs => outputs;

    /// <summary>Version of the default operator set.</summary>
    public long Opset
    {
        get => DefaultImport().Version;
        set => DefaultImport().Version = value;
    }

    /// <summary>Who made the model; passes that change what it computes say so here.</summary>
    public string Producer
    {
        get => model.ProducerName;
        set => model.ProducerName = value;
    }

    /// <summary>Takes a model apart. The message is copied.</summary>
    /// <exception cref="MeshException"><c>MESH9802</c> when its structure is broken.</exception>
    public static ModelGraph Read(ModelProto model)
    {
        OnnxModelChecker.Check(model);
        var graph = new ModelGraph(model.Clone());
        graph.Load();
        return graph;
    }

    /// <summary>Reads a file's bytes.</summary>
    /// <exception cref="MeshException"><c>MESH9801</c>, <c>MESH9802</c>.</exception>
    public static ModelGraph Read(ReadOnlySpan<byte> bytes) => Read(OnnxModelReader.Read(bytes).Model);

    /// <summary>The value of this name, or null.</summary>
    public GraphValue? Find(string name) => values.GetValueOrDefault(name);

    /// <summary>What the model says about a value: its inputs, outputs and <c>value_info</c>.</summary>
    public ValueInfoProto? Describe(string name) => described.GetValueOrDefault(name);

    /// <summary>The elements of a constant, or null when the value is no constant.</summary>
    public static OnnxTensor? ConstantOf(GraphValue? value) => value?.Initializer is { } tensor ? OnnxTensorCodec.Read(tensor) : null;

    /// <summary>The model with all changes.</summary>
    public ModelProto ToProto()
    {
        var written = model.Clone();
        var target = written.Graph;
        target.Node.Clear();
        target.Initializer.Clear();
        target.Input.Clear();
        target.Output.Clear();
        target.ValueInfo.Clear();
        target.Node.AddRange(nodes.Select(node => node.ToProto()));
        target.Initializer.AddRange(values.Values.Where(value => value.IsConstant).Select(value => value.Initializer));
        target.Input.AddRange(inputs);
        target.Output.AddRange(outputs);
        target.ValueInfo.AddRange(described.Values.Where(info => values.TryGetValue(info.Name, out var value) && value is { IsInput: false, IsOutput: false, IsConstant: false }));
        return written;
    }

    private void Load()
    {
        var source = model.Graph;
        foreach (var info in source.ValueInfo) described[info.Name] = info;
        foreach (var tensor in source.Initializer) Define(tensor.Name).Initializer = tensor;
        foreach (var input in source.Input)
        {
            if (values.ContainsKey(input.Name))
            {
                model.IrVersion = Math.Max(model.IrVersion, FirstIrWithoutInitializersAsInputs);
                continue;
            }

            Define(input.Name).IsInput = true;
            inputs.Add(input);
            described[input.Name] = input;
        }

        foreach (var proto in source.Node)
        {
            var node = new GraphNode(proto);
            nodes.Add(node);
            nodeNames.Add(proto.Name);
            foreach (string name in proto.Input) Link(node, name.Length == 0 ? null : values[name]);
            foreach (string name in proto.Output)
            {
                var value = name.Length == 0 ? null : Define(name);
                if (value is not null) value.Producer = node;
                node.OutputList.Add(value);
            }

            if (!node.HasSubgraphs) continue;
            foreach (string name in NamesUsedBySubgraphs(proto))
            {
                if (!values.TryGetValue(name, out var value)) continue;
                value.IsCaptured = true;
                value.ConsumerList.Add(node);
                node.CapturedList.Add(value);
            }
        }

        foreach (var output in source.Output)
        {
            values[output.Name].IsOutput = true;
            outputs.Add(output);
            described[output.Name] = output;
        }
    }

    private static HashSet<string> NamesUsedBySubgraphs(NodeProto node)
    {
        var names = new HashSet<string>();
        var waiting = new Stack<GraphProto>();
        Push(node);
        while (waiting.TryPop(out var graph))
        {
            foreach (var inner in graph.Node)
            {
                foreach (string input in inner.Input) names.Add(input);
                Push(inner);
            }

            foreach (var output in graph.Output) names.Add(output.Name);
        }

        return names;

        void Push(NodeProto owner)
        {
            foreach (var attribute in owner.Attribute)
            {
                if (attribute.G is not null) waiting.Push(attribute.G);
                foreach (var graph in attribute.Graphs) waiting.Push(graph);
            }
        }
    }

    private OperatorSetIdProto DefaultImport() => model.OpsetImport.First(import => import.Domain is "" or "ai.onnx");

    private GraphValue Define(string name)
    {
        var value = new GraphValue(name);
        return values.TryAdd(name, value) ? value : throw new MeshException("MESH9802", $"The ONNX model is broken: '{name}' is defined twice. Export the model again.");
    }

    private static void Link(GraphNode node, GraphValue? value)
    {
        node.InputList.Add(value);
        value?.ConsumerList.Add(node);
    }

    /// <summary>A name that no node has: some runtimes refuse a model in which two have the same.</summary>
    private string NewNodeName(string hint)
    {
        string name = hint;
        for (int i = 1; !nodeNames.Add(name); i++) name = string.Create(CultureInfo.InvariantCulture, $"{hint}_{i}");
        return name;
    }

    /// <summary>A name that no value has, beginning with <paramref name="hint"/>.</summary>
    public string NewName(string hint)
    {
        if (!values.ContainsKey(hint)) return hint;
        for (int i = 1; ; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{hint}_{i}");
            if (!values.ContainsKey(name)) return name;
        }
    }
}
