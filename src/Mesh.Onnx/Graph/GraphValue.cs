namespace Mesh.Onnx.Graph;

/// <summary>A value of a graph: an input, a constant, or what a node computes. Belongs to one <see cref="ModelGraph"/>, which changes it.</summary>
public sealed class GraphValue
{
    internal GraphValue(string name) => Name = name;

    /// <summary>Name, unique in the graph.</summary>
    public string Name { get; }

    /// <summary>The node that computes it; null for inputs and constants.</summary>
    public GraphNode? Producer { get; internal set; }

    /// <summary>Nodes that use it, one entry per use; a node whose subgraphs use it is among them.</summary>
    public IReadOnlyList<GraphNode> Consumers => ConsumerList;

    /// <summary>Whether the caller supplies it.</summary>
    public bool IsInput { get; internal set; }

    /// <summary>Whether it is an output of the graph.</summary>
    public bool IsOutput { get; internal set; }

    /// <summary>Whether a subgraph of some node refers to it by name, so that it must keep its name.</summary>
    public bool IsCaptured { get; internal set; }

    /// <summary>Its elements, when it is an initialiser.</summary>
    public TensorProto? Initializer { get; internal set; }

    /// <summary>Whether its elements are known before the model runs.</summary>
    public bool IsConstant => Initializer is not null;

    internal List<GraphNode> ConsumerList { get; } = [];

    /// <inheritdoc/>
    public override string ToString() => Name;
}
