using Mesh.Columnar;

namespace Mesh.Training.Loading;

/// <summary>A column and the tensors it becomes: <c>NAME</c>, or <c>NAME:values</c> and <c>NAME:offsets</c>; with <c>NAME:valid</c> where it may be absent.</summary>
/// <param name="Name">Its path.</param>
/// <param name="Type">Type of its values, the widest that a file has.</param>
/// <param name="Layout">How they lie.</param>
/// <param name="ElementType">Type in safetensors' words: F64, F32, F16, I64, I32, U8, BOOL.</param>
/// <param name="ElementBytes">Bytes of an element.</param>
/// <param name="Length">Elements per row of <see cref="TensorLayout.Row"/>, else 1.</param>
/// <param name="IsNullable">Whether a row may have no value.</param>
/// <param name="IsCoded">Whether values of text are given as their numbers.</param>
public sealed record TensorColumn(string Name, DataType Type, TensorLayout Layout, string ElementType, int ElementBytes, int Length, bool IsNullable, bool IsCoded)
{
    /// <summary>The column's tensors; null with the reason when it has none.</summary>
    internal static TensorColumn? Of(string name, DataType type, bool isNullable, int? fixedLength, TextTensors text, out string reason)
    {
        reason = "";
        bool isCoded = type.Kind == TypeKind.Utf8 && text == TextTensors.Codes;
        if (fixedLength is not null && type is not ListType)
        {
            reason = $"has [{fixedLength}], but is no list";
            return null;
        }

        switch (type)
        {
            case { Kind: TypeKind.Utf8 } when text == TextTensors.Refuse:
                reason = "is text; take its codes or bytes with --text";
                return null;
            case { Kind: TypeKind.Utf8 } when isCoded:
                return new TensorColumn(name, type, TensorLayout.Scalar, "I32", sizeof(int), 1, isNullable, true);
            case { Kind: TypeKind.Utf8 or TypeKind.Binary }:
                return new TensorColumn(name, type, TensorLayout.Ragged, "U8", 1, 1, isNullable, false);
            case { Kind: TypeKind.Uuid or TypeKind.FixedBinary }:
                return new TensorColumn(name, type, TensorLayout.Row, "U8", 1, type.ByteWidth, isNullable, false);
            case ListType list when ElementOf(list.Element.Type) is var (element, bytes):
                return new TensorColumn(name, type, fixedLength is null ? TensorLayout.Ragged : TensorLayout.Row, element, bytes, fixedLength ?? 1, isNullable, false);
            case not ListType when ElementOf(type) is var (scalar, width):
                return new TensorColumn(name, type, TensorLayout.Scalar, scalar, width, 1, isNullable, false);
            default:
                reason = type switch
                {
                    ListType => "is a list of something else than numbers",
                    MapType => "is a map",
                    DecimalType => "is a decimal, which tensors do not hold",
                    _ => $"is {type.Kind}, which tensors do not hold",
                };
                return null;
        }
    }

    /// <summary>The type that holds the values of both; null when there is none.</summary>
    internal static DataType? Widest(DataType one, DataType other) => (one, other) switch
    {
        _ when one.Equals(other) => one,
        ({ Kind: TypeKind.Int32 }, { Kind: TypeKind.Int64 }) or ({ Kind: TypeKind.Float32 }, { Kind: TypeKind.Float64 }) => other,
        ({ Kind: TypeKind.Int64 }, { Kind: TypeKind.Int32 }) or ({ Kind: TypeKind.Float64 }, { Kind: TypeKind.Float32 }) => one,
        (ListType left, ListType right) when Widest(left.Element.Type, right.Element.Type) is { } element => new ListType(left.Element with { Type = element }),
        _ => null,
    };

    private static (string Name, int Bytes)? ElementOf(DataType type) => type.Kind switch
    {
        TypeKind.Boolean => ("BOOL", 1),
        TypeKind.Float16 => ("F16", 2),
        TypeKind.Float32 => ("F32", 4),
        TypeKind.Float64 => ("F64", 8),
        TypeKind.Int32 or TypeKind.Date32 => ("I32", 4),
        TypeKind.Int64 or TypeKind.TimestampMicros or TypeKind.TimestampNanos or TypeKind.LocalTimestampMicros or TypeKind.LocalTimestampNanos or TypeKind.TimeMicros => ("I64", 8),
        _ => null,
    };
}
