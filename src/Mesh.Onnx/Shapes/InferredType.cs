namespace Mesh.Onnx.Shapes;

/// <summary>What is known of a value before the model runs.</summary>
/// <param name="ElementType">Type of its elements; <see cref="OnnxElementType.Undefined"/> when not known.</param>
/// <param name="Shape">Its sizes; null when not even their number is known.</param>
public sealed record InferredType(OnnxElementType ElementType, IReadOnlyList<Dimension>? Shape)
{
    /// <summary>Nothing is known.</summary>
    public static InferredType Nothing { get; } = new(OnnxElementType.Undefined, null);

    /// <summary>From a description in a model.</summary>
    public static InferredType From(ValueInfoProto? info)
    {
        if (info?.Type?.TensorType is not { } type) return Nothing;
        return new InferredType((OnnxElementType)type.ElemType, type.Shape is not { } shape ? null : [.. shape.Dim.Select(dimension =>
            dimension.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue ? Dimension.Of(dimension.DimValue) : Dimension.Named(dimension.DimParam))]);
    }

    /// <summary>As a description in a model; null when the element type is not known.</summary>
    public ValueInfoProto? ToProto(string name)
    {
        if (ElementType == OnnxElementType.Undefined) return null;
        var type = new TypeProto.Types.Tensor { ElemType = (int)ElementType };
        if (Shape is not null)
        {
            type.Shape = new TensorShapeProto();
            foreach (var dimension in Shape)
            {
                type.Shape.Dim.Add(dimension switch
                {
                    { Size: { } size } => new TensorShapeProto.Types.Dimension { DimValue = size },
                    { Symbol: { } symbol } => new TensorShapeProto.Types.Dimension { DimParam = symbol },
                    _ => new TensorShapeProto.Types.Dimension(),
                });
            }
        }

        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = type } };
    }

    /// <inheritdoc/>
    public override string ToString() => $"{ElementType}{(Shape is null ? "" : $"[{string.Join(", ", Shape)}]")}";
}
