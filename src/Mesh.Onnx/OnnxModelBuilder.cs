using System.Runtime.InteropServices;
using Google.Protobuf;
using Mesh.Model;

namespace Mesh.Onnx;

/// <summary>
/// Builds a model node by node. IR version 8 and operator set 13, which everything from ONNX Runtime 1.10 to TensorRT and the
/// Cloud AI 100 compiler reads. The same calls give the same bytes.
/// </summary>
public sealed class OnnxModelBuilder
{
    private const long IrVersion = 8;
    private const long OpsetVersion = 13;

    private readonly GraphProto graph;
    private readonly ModelProto model;

    /// <param name="graphName">Name of the graph.</param>
    /// <param name="producerVersion">Version of the program that made the model.</param>
    public OnnxModelBuilder(string graphName, string producerVersion)
    {
        graph = new GraphProto { Name = graphName };
        model = new ModelProto { IrVersion = IrVersion, ProducerName = "mesh", ProducerVersion = producerVersion, Graph = graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = OpsetVersion });
    }

    /// <summary>Adds a float input whose first dimension is the symbolic batch.</summary>
    public OnnxModelBuilder AddInput(string name, params ReadOnlySpan<long> sizesAfterBatch)
    {
        graph.Input.Add(Describe(name, sizesAfterBatch));
        return this;
    }

    /// <summary>Adds a float output whose first dimension is the symbolic batch.</summary>
    public OnnxModelBuilder AddOutput(string name, params ReadOnlySpan<long> sizesAfterBatch)
    {
        graph.Output.Add(Describe(name, sizesAfterBatch));
        return this;
    }

    /// <summary>Adds constant float values.</summary>
    public OnnxModelBuilder AddInitializer(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> sizes)
    {
        var tensor = new TensorProto
        {
            Name = name,
            DataType = (int)OnnxElementType.Float,
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(values)),
        };
        foreach (long size in sizes) tensor.Dims.Add(size);
        graph.Initializer.Add(tensor);
        return this;
    }

    /// <summary>Adds an operator with one output and integer attributes.</summary>
    public OnnxModelBuilder AddNode(string operatorType, IReadOnlyList<string> inputs, string output, params ReadOnlySpan<(string Name, long Value)> attributes)
    {
        const int intAttribute = 2;
        var node = new NodeProto { OpType = operatorType, Name = output };
        node.Input.Add(inputs);
        node.Output.Add(output);
        foreach (var (name, value) in attributes) node.Attribute.Add(new AttributeProto { Name = name, I = value, Type = intAttribute });
        graph.Node.Add(node);
        return this;
    }

    /// <summary>Adds a pair to <c>metadata_props</c>.</summary>
    public OnnxModelBuilder AddMetadata(string key, string value)
    {
        model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        return this;
    }

    /// <summary>The model's file.</summary>
    /// <exception cref="MeshException"><c>MESH9802</c> when the pieces do not make a sound model, for example after diverged training.</exception>
    public byte[] Build()
    {
        OnnxModelChecker.Check(model);
        return model.ToByteArray();
    }

    private static ValueInfoProto Describe(string name, ReadOnlySpan<long> sizesAfterBatch)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimParam = "batch" });
        foreach (long size in sizesAfterBatch) shape.Dim.Add(new TensorShapeProto.Types.Dimension { DimValue = size });
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)OnnxElementType.Float, Shape = shape } },
        };
    }
}
