using Mesh.Model;
using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Evaluation;

/// <summary>
/// A loaded model. Any value of the graph may be asked for, not only its outputs; only the nodes that it depends on run. A tensor's memory is
/// used again once its last reader has run.
/// </summary>
internal sealed class EvaluationSession : IOnnxSession
{
    private readonly ModelGraph graph;
    private readonly OnnxEvaluatorOptions options;
    private readonly Dictionary<GraphValue, Tensor> constants = [];

    public EvaluationSession(ModelGraph graph, OnnxSignature signature, string runtime, OnnxEvaluatorOptions options)
    {
        this.graph = graph;
        this.options = options;
        Signature = signature;
        Runtime = runtime;
        foreach (var value in graph.Values)
        {
            if (value.Initializer is { } tensor) constants[value] = Tensor.Around(OnnxTensorCodec.View(tensor));
        }
    }

    public OnnxSignature Signature { get; }

    public string Runtime { get; }

    /// <summary>Most bytes of computed tensors that were alive at once in the last run.</summary>
    public long PeakBytes { get; private set; }

    public IReadOnlyList<OnnxTensor> Run(IReadOnlyDictionary<string, OnnxTensor> inputs, IReadOnlyList<string> outputs)
    {
        var wanted = outputs.Select(name => graph.Find(name) ?? throw new MeshException("MESH9804", $"The model has no output '{name}'. It has: {string.Join(", ", Signature.Outputs.Select(output => output.Name))}.")).ToList();
        var live = new Dictionary<GraphValue, Tensor>();
        foreach (var (name, tensor) in InputBinding.Check(graph, inputs)) live[graph.Find(name)!] = Tensor.Around(tensor);

        var plan = Plan(wanted);
        var remaining = new Dictionary<GraphValue, int>();
        foreach (var node in plan)
        {
            foreach (var input in node.Inputs.OfType<GraphValue>()) remaining[input] = remaining.GetValueOrDefault(input) + 1;
        }

        foreach (var value in wanted) remaining[value] = remaining.GetValueOrDefault(value) + 1;
        var memory = new TensorMemory(options);
        try
        {
            foreach (var node in plan) RunNode(node, live, remaining, memory);
            return [.. wanted.Select(value => (live.GetValueOrDefault(value) ?? constants[value]).ToOnnx())];
        }
        finally
        {
            foreach (var tensor in live.Values) tensor.Release();
            PeakBytes = memory.Peak;
        }
    }

    public void Dispose()
    {
    }

    private void RunNode(GraphNode node, Dictionary<GraphValue, Tensor> live, Dictionary<GraphValue, int> remaining, TensorMemory memory)
    {
        var given = new Tensor?[node.Inputs.Count];
        for (int i = 0; i < given.Length; i++)
        {
            if (node.Inputs[i] is { } input) given[i] = live.GetValueOrDefault(input) ?? constants[input];
        }

        var results = KernelTable.Run(node, (int)graph.Opset, memory, given);
        for (int i = 0; i < results.Length; i++)
        {
            if (results[i] is not { } result) continue;
            if (i < node.Outputs.Count && node.Outputs[i] is { } output && remaining.ContainsKey(output)) live[output] = result;
            else result.Release();
        }

        foreach (var input in node.Inputs)
        {
            if (input is null || --remaining[input] > 0 || !live.Remove(input, out var done)) continue;
            done.Release();
        }
    }

    private List<GraphNode> Plan(List<GraphValue> wanted)
    {
        var needed = new HashSet<GraphNode>();
        var waiting = new Stack<GraphNode>(wanted.Select(value => value.Producer).OfType<GraphNode>());
        while (waiting.TryPop(out var node))
        {
            if (!needed.Add(node)) continue;
            foreach (var input in node.Inputs)
            {
                if (input?.Producer is { } producer) waiting.Push(producer);
            }
        }

        return [.. graph.Nodes.Where(needed.Contains)];
    }
}
