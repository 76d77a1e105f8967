using Mesh.Columnar;

namespace Mesh.Commands.Media;

/// <summary>Reads numbers of whatever width.</summary>
internal static class Numbers
{
    /// <summary>Whether a type is one of those read here.</summary>
    public static bool IsNumber(DataType type) => type.Kind is TypeKind.Int32 or TypeKind.Int64 or TypeKind.Float32 or TypeKind.Float64;

    /// <summary>A value; NaN for an absent one, or one that is no number.</summary>
    public static double At(ColumnVector column, int row) => column.IsNull(row) ? double.NaN : column.Type.Kind switch
    {
        TypeKind.Float64 => column.Values<double>()[row],
        TypeKind.Float32 => column.Values<float>()[row],
        TypeKind.Int64 => column.Values<long>()[row],
        TypeKind.Int32 => column.Values<int>()[row],
        _ => double.NaN,
    };

    /// <summary>A whole number; 0 for an absent one.</summary>
    public static long WholeAt(ColumnVector column, int row) => At(column, row) is var value && double.IsNaN(value) ? 0 : (long)value;
}
