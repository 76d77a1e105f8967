using Mesh.Model;

namespace Mesh.Onnx.Graph;

/// <summary>
/// An operator with its inputs, outputs and attributes. Keeps the message it was read from, so that fields which this project does not know
/// are written back.
/// </summary>
public sealed class GraphNode
{
    private readonly NodeProto proto;

    internal GraphNode(NodeProto proto) => this.proto = proto;

    /// <summary>Name; may be empty, and need not be unique.</summary>
    public string Name => proto.Name;

    /// <summary>Operator, for example <c>Conv</c>.</summary>
    public string OperatorType => proto.OpType;

    /// <summary>Operator set; empty for the default one.</summary>
    public string Domain => proto.Domain is "ai.onnx" ? "" : proto.Domain;

    /// <summary>Inputs in order; null where an optional one is left out.</summary>
    public IReadOnlyList<GraphValue?> Inputs => InputList;

    /// <summary>Outputs in order; null where an optional one is left out.</summary>
    public IReadOnlyList<GraphValue?> Outputs => OutputList;

    /// <summary>Values of this graph that its subgraphs use.</summary>
    public IReadOnlyList<GraphValue> Captured => CapturedList;

    /// <summary>Attributes as written.</summary>
    public IReadOnlyList<AttributeProto> Attributes => proto.Attribute;

    /// <summary>Whether it has subgraphs (<c>If</c>, <c>Loop</c>, <c>Scan</c>).</summary>
    public bool HasSubgraphs => proto.Attribute.Any(attribute => attribute.G is not null || attribute.Graphs.Count > 0);

    /// <summary>How errors call it.</summary>
    public string Place => Name.Length > 0 ? $"{OperatorType} node '{Name}'" : $"{OperatorType} node that computes '{OutputList.FirstOrDefault(output => output is not null)?.Name}'";

    internal List<GraphValue?> InputList { get; } = [];

    internal List<GraphValue?> OutputList { get; } = [];

    internal List<GraphValue> CapturedList { get; } = [];

    /// <summary>An input, or null when it is left out.</summary>
    public GraphValue? Input(int index) => index < InputList.Count ? InputList[index] : null;

    /// <summary>Whether the attribute is present.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>An integer attribute.</summary>
    public long Int(string name, long missing) => Find(name) is { } attribute
        ? attribute.HasI || attribute.Type == (int)AttributeKind.Int ? attribute.I : throw WrongKind(name, "an integer")
        : missing;

    /// <summary>A number attribute.</summary>
    public float Float(string name, float missing) => Find(name) is { } attribute
        ? attribute.HasF || attribute.Type == (int)AttributeKind.Float ? attribute.F : throw WrongKind(name, "a number")
        : missing;

    /// <summary>A text attribute.</summary>
    public string Text(string name, string missing) => Find(name) is { } attribute
        ? attribute.HasS || attribute.Type == (int)AttributeKind.String ? attribute.S.ToStringUtf8() : throw WrongKind(name, "text")
        : missing;

    /// <summary>A list of integers, or null.</summary>
    public long[]? Ints(string name) => Find(name) is { } attribute ? [.. attribute.Ints] : null;

    /// <summary>A list of numbers, or null.</summary>
    public float[]? Floats(string name) => Find(name) is { } attribute ? [.. attribute.Floats] : null;

    /// <summary>A list of texts, or null.</summary>
    public string[]? Texts(string name) => Find(name) is { } attribute ? [.. attribute.Strings.Select(text => text.ToStringUtf8())] : null;

    /// <summary>A tensor attribute, or null.</summary>
    public OnnxTensor? Tensor(string name) => Find(name)?.T is { } tensor ? OnnxTensorCodec.Read(tensor) : null;

    /// <summary>Sets an integer attribute.</summary>
    public void Set(string name, long value)
    {
        Unset(name);
        proto.Attribute.Add(new AttributeProto { Name = name, I = value, Type = (int)AttributeKind.Int });
    }

    /// <summary>Sets a number attribute.</summary>
    public void Set(string name, float value)
    {
        Unset(name);
        proto.Attribute.Add(new AttributeProto { Name = name, F = value, Type = (int)AttributeKind.Float });
    }

    /// <summary>Sets a list of integers.</summary>
    public void Set(string name, ReadOnlySpan<long> values)
    {
        Unset(name);
        var attribute = new AttributeProto { Name = name, Type = (int)AttributeKind.Ints };
        foreach (long value in values) attribute.Ints.Add(value);
        proto.Attribute.Add(attribute);
    }

    /// <summary>Sets a tensor attribute.</summary>
    public void Set(string name, OnnxTensor value)
    {
        Unset(name);
        proto.Attribute.Add(new AttributeProto { Name = name, T = OnnxTensorCodec.Write("", value), Type = (int)AttributeKind.Tensor });
    }

    /// <summary>Removes an attribute, if present.</summary>
    public void Unset(string name)
    {
        if (Find(name) is { } attribute) proto.Attribute.Remove(attribute);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{OperatorType}({string.Join(", ", InputList)}) -> {string.Join(", ", OutputList)}";

    internal NodeProto ToProto()
    {
        var written = proto.Clone();
        written.Input.Clear();
        written.Output.Clear();
        written.Input.AddRange(InputList.Select(value => value?.Name ?? ""));
        written.Output.AddRange(OutputList.Select(value => value?.Name ?? ""));
        return written;
    }

    private AttributeProto? Find(string name)
    {
        foreach (var attribute in proto.Attribute)
        {
            if (attribute.Name == name) return attribute;
        }

        return null;
    }

    private MeshException WrongKind(string name, string expected) =>
        new("MESH9802", $"The ONNX model is broken: attribute '{name}' of the {Place} is not {expected}. Export the model again.");
}
