using System.Runtime.InteropServices;
using Mesh.Model;

namespace Mesh.Onnx;

/// <summary>
/// Checks what a runtime would reject or silently get wrong (ONNX IR specification, "Graphs"): every value is defined before it is used
/// and defined once, outputs are produced, initialisers hold exactly the bytes their shape claims, and no weight is NaN or infinite.
/// Operators' own shape rules are the runtime's business.
/// </summary>
public static class OnnxModelChecker
{
    private const long MinIrVersion = 3;

    /// <summary>Checks a model.</summary>
    /// <exception cref="MeshException"><c>MESH9802</c>; names the place.</exception>
    public static OnnxSignature Check(ModelProto model)
    {
        if (model.IrVersion < MinIrVersion) throw Broken($"ir_version is {model.IrVersion}, expected {MinIrVersion} or later");
        long opset = model.OpsetImport.FirstOrDefault(import => import.Domain is "" or "ai.onnx")?.Version ?? 0;
        if (opset < 1) throw Broken("no version of the default operator set is imported");
        if (model.Graph is not { } graph) throw Broken("there is no graph");
        if (graph.Node.Count == 0) throw Broken("the graph has no nodes");
        if (graph.Output.Count == 0) throw Broken("the graph has no outputs");

        var defined = new HashSet<string>();
        long parameters = 0;
        foreach (var tensor in graph.Initializer)
        {
            if (tensor.Name.Length == 0 || !defined.Add(tensor.Name)) throw Broken($"initialiser '{tensor.Name}' has no name of its own");
            parameters += CheckTensor(tensor);
        }

        var inputs = new List<OnnxValue>();
        var inputNames = new HashSet<string>();
        foreach (var input in graph.Input)
        {
            if (input.Name.Length == 0 || !inputNames.Add(input.Name)) throw Broken($"input '{input.Name}' has no name of its own");
            var value = CheckValue(input, "input");
            // Before IR 4 every initialiser is listed as an input too; what the caller must supply is the rest.
            if (defined.Add(input.Name)) inputs.Add(value);
        }

        CheckNodes(graph, defined);
        var outputs = new List<OnnxValue>();
        foreach (var output in graph.Output)
        {
            if (!defined.Contains(output.Name)) throw Broken($"output '{output.Name}' is produced by no node");
            outputs.Add(CheckValue(output, "output"));
        }

        var metadata = new Dictionary<string, string>();
        foreach (var entry in model.MetadataProps) metadata[entry.Key] = entry.Value;
        return new OnnxSignature
        {
            IrVersion = model.IrVersion,
            Opset = opset,
            Inputs = inputs,
            Outputs = outputs,
            ParameterCount = parameters,
            Metadata = metadata,
        };
    }

    private static void CheckNodes(GraphProto graph, HashSet<string> defined)
    {
        foreach (var node in graph.Node)
        {
            if (node.OpType.Length == 0) throw Broken($"node '{node.Name}' has no operator");
            foreach (string input in node.Input)
            {
                // An empty name stands for an optional input that is left out.
                if (input.Length > 0 && !defined.Contains(input)) throw Broken($"{node.OpType} node '{node.Name}' uses '{input}' before it is defined");
            }

            foreach (string output in node.Output)
            {
                if (output.Length > 0 && !defined.Add(output)) throw Broken($"'{output}' is defined twice, the second time by {node.OpType} node '{node.Name}'");
            }
        }
    }

    private static OnnxValue CheckValue(ValueInfoProto value, string kind)
    {
        if (value.Type?.TensorType is not { ElemType: > 0 } type) throw Broken($"{kind} '{value.Name}' has no tensor type");
        var dimensions = new List<long?>();
        foreach (var dimension in type.Shape?.Dim ?? [])
        {
            bool isFixed = dimension.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue;
            if (isFixed && dimension.DimValue < 1) throw Broken($"{kind} '{value.Name}' has a dimension of {dimension.DimValue}");
            dimensions.Add(isFixed ? dimension.DimValue : null);
        }

        return new OnnxValue(value.Name, (OnnxElementType)type.ElemType, dimensions);
    }

    private static long CheckTensor(TensorProto tensor)
    {
        if (tensor.DataLocation != 0 || tensor.ExternalData.Count > 0)
        {
            throw Broken($"initialiser '{tensor.Name}' keeps its data in another file; export the model as one file");
        }

        UInt128 elements = 1;
        foreach (long size in tensor.Dims)
        {
            if (size < 0) throw Broken($"initialiser '{tensor.Name}' has a dimension of {size}");
            elements *= (ulong)size;
            if (elements > int.MaxValue) throw Broken($"initialiser '{tensor.Name}' claims more than 2^31 elements");
        }

        long count = (long)elements;
        var type = (OnnxElementType)tensor.DataType;
        if (tensor.HasRawData)
        {
            int width = WidthOf(type) ?? throw Broken($"initialiser '{tensor.Name}' has element type {tensor.DataType}, which has no raw form");
            if (tensor.RawData.Length != count * width)
            {
                throw Broken($"initialiser '{tensor.Name}' has {tensor.RawData.Length} bytes where its shape needs {count * width}");
            }

            if (type == OnnxElementType.Float) CheckFinite(tensor.Name, MemoryMarshal.Cast<byte, float>(tensor.RawData.Span));
            return count;
        }

        long held = type switch
        {
            OnnxElementType.Float => tensor.FloatData.Count,
            OnnxElementType.Double => tensor.DoubleData.Count,
            OnnxElementType.Int64 => tensor.Int64Data.Count,
            OnnxElementType.UInt32 or OnnxElementType.UInt64 => tensor.Uint64Data.Count,
            OnnxElementType.String => tensor.StringData.Count,
            _ when WidthOf(type) is not null => tensor.Int32Data.Count,
            _ => throw Broken($"initialiser '{tensor.Name}' has the unknown element type {tensor.DataType}"),
        };
        if (held != count) throw Broken($"initialiser '{tensor.Name}' has {held} elements where its shape needs {count}");
        if (type == OnnxElementType.Float) CheckFinite(tensor.Name, CollectionsMarshal.AsSpan(tensor.FloatData.ToList()));
        return count;
    }

    private static void CheckFinite(string name, ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value)) throw Broken($"initialiser '{name}' holds {value}: the training diverged; lower the learning rate");
        }
    }

    private static int? WidthOf(OnnxElementType type) => type switch
    {
        OnnxElementType.UInt8 or OnnxElementType.Int8 or OnnxElementType.Boolean => 1,
        OnnxElementType.UInt16 or OnnxElementType.Int16 or OnnxElementType.Float16 or OnnxElementType.BFloat16 => 2,
        OnnxElementType.Float or OnnxElementType.Int32 or OnnxElementType.UInt32 => 4,
        OnnxElementType.Double or OnnxElementType.Int64 or OnnxElementType.UInt64 => 8,
        _ => null,
    };

    private static MeshException Broken(string what) => new("MESH9802", $"The ONNX model is broken: {what}. Export the model again.");
}
