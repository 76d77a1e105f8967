using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Passes;

/// <summary>Gives every node a name of its own, by which options and reports refer to it.</summary>
internal static class NodeNames
{
    /// <summary>A graph in which names are complete; those that were unique stay.</summary>
    public static ModelGraph Complete(ModelGraph graph)
    {
        var model = graph.ToProto();
        var taken = new HashSet<string>();
        foreach (var node in model.Graph.Node)
        {
            if (node.Name.Length > 0 && taken.Add(node.Name)) continue;
            node.Name = $"{node.OpType}_{node.Output.FirstOrDefault(output => output.Length > 0)}";
            for (int i = 1; !taken.Add(node.Name); i++) node.Name = $"{node.OpType}_{node.Output[0]}_{i}";
        }

        return ModelGraph.Read(model);
    }
}
