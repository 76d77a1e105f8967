using Mesh.Model;

namespace Mesh.Onnx.Graph;

/// <summary>Changes: every method leaves producers and consumers consistent. Order is restored by <see cref="Sort"/>.</summary>
public sealed partial class ModelGraph
{
    /// <summary>Adds a constant.</summary>
    /// <param name="hint">Its name, or the beginning of it when that is taken.</param>
    /// <param name="tensor">The elements.</param>
    public GraphValue AddConstant(string hint, OnnxTensor tensor)
    {
        var value = Define(NewName(hint));
        value.Initializer = OnnxTensorCodec.Write(value.Name, tensor);
        return value;
    }

    /// <summary>Adds a constant around bytes, which nobody may change from now on.</summary>
    internal GraphValue AddConstant(string hint, OnnxElementType type, IEnumerable<long> dimensions, byte[] bytes)
    {
        var value = Define(NewName(hint));
        value.Initializer = OnnxTensorCodec.Wrap(value.Name, type, dimensions, bytes);
        return value;
    }

    /// <summary>Gives a constant other elements, in its place.</summary>
    public static void SetConstant(GraphValue constant, OnnxTensor tensor) => constant.Initializer = OnnxTensorCodec.Write(constant.Name, tensor);

    /// <summary>Gives a constant other elements, in its place, around bytes which nobody may change from now on.</summary>
    internal static void SetConstant(GraphValue constant, OnnxElementType type, IEnumerable<long> dimensions, byte[] bytes) => constant.Initializer = OnnxTensorCodec.Wrap(constant.Name, type, dimensions, bytes);

    /// <summary>Turns what a node computes into a constant; the node loses the output.</summary>
    public static void MakeConstant(GraphValue value, OnnxTensor tensor)
    {
        Detach(value);
        value.Initializer = OnnxTensorCodec.Write(value.Name, tensor);
    }

    /// <summary>Adds a node at the end, with one new output.</summary>
    /// <param name="operatorType">Operator of the default set.</param>
    /// <param name="inputs">Inputs; null leaves an optional one out.</param>
    /// <param name="outputHint">Name of the output, or its beginning when that is taken.</param>
    /// <returns>The node; its output is <c>Outputs[0]</c>.</returns>
    public GraphNode AddNode(string operatorType, IReadOnlyList<GraphValue?> inputs, string outputHint) => AddNode(operatorType, inputs, AddValue(outputHint));

    /// <summary>Adds a value that nothing computes yet.</summary>
    /// <param name="hint">Its name, or the beginning of it when that is taken.</param>
    public GraphValue AddValue(string hint) => Define(NewName(hint));

    /// <summary>Adds a node at the end that computes a value which nothing computed so far.</summary>
    /// <param name="operatorType">Operator.</param>
    /// <param name="inputs">Inputs; null leaves an optional one out.</param>
    /// <param name="output">What it computes.</param>
    /// <param name="domain">Operator set; the default one when empty, otherwise its version 1.</param>
    public GraphNode AddNode(string operatorType, IReadOnlyList<GraphValue?> inputs, GraphValue output, string domain = "")
    {
        if (domain.Length > 0 && !model.OpsetImport.Any(import => import.Domain == domain)) model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = 1 });
        var node = new GraphNode(new NodeProto { OpType = operatorType, Name = NewNodeName(output.Name), Domain = domain });
        foreach (var input in inputs) Link(node, input);
        node.OutputList.Add(output);
        output.Producer = node;
        nodes.Add(node);
        return node;
    }

    /// <summary>Sets an input, appending when it is one past the last.</summary>
    public static void SetInput(GraphNode node, int index, GraphValue? value)
    {
        if (index == node.InputList.Count)
        {
            Link(node, value);
            return;
        }

        node.InputList[index]?.ConsumerList.Remove(node);
        node.InputList[index] = value;
        value?.ConsumerList.Add(node);
    }

    /// <summary>Leaves out the inputs from <paramref name="index"/> on.</summary>
    public static void TruncateInputs(GraphNode node, int index)
    {
        for (int i = node.InputList.Count - 1; i >= index; i--)
        {
            node.InputList[i]?.ConsumerList.Remove(node);
            node.InputList.RemoveAt(i);
        }
    }

    /// <summary>Makes a node the producer of a value that another one produced, or of an output that is now free.</summary>
    public static void SetOutput(GraphNode node, int index, GraphValue value)
    {
        Detach(value);
        if (node.OutputList[index] is { } before && before.Producer == node) before.Producer = null;
        node.OutputList[index] = value;
        value.Producer = node;
    }

    /// <summary>Lets every node that uses <paramref name="old"/> use <paramref name="replacement"/>; subgraphs and the graph's outputs keep the old one.</summary>
    public static void ReplaceUses(GraphValue old, GraphValue replacement)
    {
        foreach (var consumer in old.ConsumerList.ToHashSet())
        {
            for (int i = 0; i < consumer.InputList.Count; i++)
            {
                if (consumer.InputList[i] == old) SetInput(consumer, i, replacement);
            }
        }
    }

    /// <summary>
    /// Removes a node that only passes <paramref name="input"/> on as its first output. Not done, and false, where a name would be lost: an
    /// input or constant that is to be an output, a value that a subgraph refers to.
    /// </summary>
    public bool TryBypass(GraphNode node, GraphValue input)
    {
        if (node.OutputList[0] is not { } output || node.OutputList.Skip(1).Any(other => other is not null && (other.ConsumerList.Count > 0 || other.IsOutput))) return false;
        if (output.IsCaptured) return false;
        if (!output.IsOutput)
        {
            ReplaceUses(output, input);
            Remove(node);
            return true;
        }

        // The output's name is public, so what computes the input takes it over.
        if (input.Producer is not { } producer || input.IsOutput || input.IsCaptured) return false;
        int index = producer.OutputList.IndexOf(input);
        Remove(node, keepFirstOutput: true);
        SetOutput(producer, index, output);
        ReplaceUses(input, output);
        values.Remove(input.Name);
        return true;
    }

    /// <summary>Removes a node with those of its outputs that nobody uses.</summary>
    public void Remove(GraphNode node) => Remove(node, keepFirstOutput: false);

    /// <summary>Removes a constant that nobody uses.</summary>
    public void RemoveConstant(GraphValue value)
    {
        if (value is { IsConstant: true, IsOutput: false, IsCaptured: false } && value.ConsumerList.Count == 0) values.Remove(value.Name);
    }

    /// <summary>Forgets what the model says about values that are neither inputs nor outputs, after types have changed.</summary>
    public void ForgetDescriptions()
    {
        foreach (string name in described.Keys.Where(name => !values.TryGetValue(name, out var value) || value is { IsInput: false, IsOutput: false }).ToList()) described.Remove(name);
    }

    /// <summary>Describes an inner value as an output too, so that a runtime returns it.</summary>
    public void AddOutput(ValueInfoProto description)
    {
        var value = values[description.Name];
        if (value.IsOutput) return;
        value.IsOutput = true;
        outputs.Add(description);
        described[description.Name] = description;
    }

    /// <summary>Puts every node after those whose outputs it uses, otherwise keeping the order.</summary>
    /// <exception cref="MeshException"><c>MESH9802</c> when nodes need each other's outputs.</exception>
    public void Sort()
    {
        var position = nodes.Select((node, index) => (node, index)).ToDictionary(pair => pair.node, pair => pair.index);
        var missing = nodes.ToDictionary(node => node, node => Needs(node).Count(value => value.Producer is not null));
        var ready = new PriorityQueue<GraphNode, int>();
        foreach (var (node, count) in missing)
        {
            if (count == 0) ready.Enqueue(node, position[node]);
        }

        var sorted = new List<GraphNode>(nodes.Count);
        while (ready.TryDequeue(out var node, out _))
        {
            sorted.Add(node);
            foreach (var output in node.OutputList)
            {
                foreach (var consumer in output?.ConsumerList ?? [])
                {
                    if (--missing[consumer] == 0) ready.Enqueue(consumer, position[consumer]);
                }
            }
        }

        if (sorted.Count < nodes.Count)
        {
            string stuck = missing.First(pair => pair.Value > 0).Key.Place;
            throw new MeshException("MESH9802", $"The ONNX model is broken: the {stuck} needs its own output, directly or through other nodes. Export the model again.");
        }

        nodes.Clear();
        nodes.AddRange(sorted);
    }

    private static IEnumerable<GraphValue> Needs(GraphNode node) => node.InputList.OfType<GraphValue>().Concat(node.CapturedList);

    private void Remove(GraphNode node, bool keepFirstOutput)
    {
        foreach (var input in node.InputList) input?.ConsumerList.Remove(node);
        foreach (var captured in node.CapturedList) captured.ConsumerList.Remove(node);
        nodes.Remove(node);
        for (int i = 0; i < node.OutputList.Count; i++)
        {
            if (node.OutputList[i] is not { } output) continue;
            output.Producer = null;
            if (!(keepFirstOutput && i == 0) && output is { IsOutput: false, IsConstant: false }) values.Remove(output.Name);
        }
    }

    private static void Detach(GraphValue value)
    {
        if (value.Producer is not { } producer) return;
        int index = producer.OutputList.IndexOf(value);
        if (index >= 0) producer.OutputList[index] = null;
        value.Producer = null;
    }
}
