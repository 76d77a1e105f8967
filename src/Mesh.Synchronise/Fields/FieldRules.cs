using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>Which rule a field follows: the one declared for it or for the closest struct above it, else what its type says.</summary>
internal static class FieldRules
{
    private static readonly FieldRule Linear = new(FieldTreatment.Linear);
    private static readonly FieldRule Hold = new(FieldTreatment.Hold);
    private static readonly FieldRule Quaternion = new(FieldTreatment.Quaternion);
    private static readonly FieldRule Longitude = new(FieldTreatment.Angle);
    private static readonly string[] Components = ["x", "y", "z", "w"];

    /// <param name="declared">By dotted path.</param>
    /// <param name="path">Of the field.</param>
    /// <param name="field">The field.</param>
    /// <param name="parent">The struct it is in; at the top the message.</param>
    /// <param name="inherited">Rule declared above; null when there is none.</param>
    /// <param name="own">The rule declared for the field or above, to hand on below.</param>
    public static FieldRule Of(
        IReadOnlyDictionary<string, FieldRule> declared, string path, Field field, StructType parent, FieldRule? inherited, out FieldRule? own)
    {
        own = declared.GetValueOrDefault(path) ?? inherited;
        if (own is not null) return Fits(own, field.Type) ? own : Hold;
        if (IsQuaternion(field.Type)) return Quaternion;
        if (!IsFloat(field.Type)) return Hold;
        return IsLongitude(field, parent) ? Longitude : Linear;
    }

    /// <summary>Positions of x, y, z, w among the four floating-point fields of a struct; null when they are not its names.</summary>
    public static int[]? ComponentsOf(StructType type)
    {
        int[] positions = Array.ConvertAll(Components, name => type.Fields.ToList().FindIndex(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)));
        return positions.Contains(-1) ? null : positions;
    }

    private static bool IsLongitude(Field field, StructType parent) =>
        field.Name == "longitude" && parent.Fields.Any(other => other.Name == "latitude" && other.Type.Equals(field.Type));

    private static bool Fits(FieldRule rule, DataType type) => rule.Treatment switch
    {
        FieldTreatment.Linear => IsFloat(type) || type.Kind is TypeKind.Int32 or TypeKind.Int64,
        FieldTreatment.Angle => IsFloat(type),
        FieldTreatment.Quaternion => type is StructType structure ? IsFour(structure) : type is ListType list && IsFloat(list.Element.Type),
        _ => true,
    };

    private static bool IsQuaternion(DataType type) => type is StructType structure && IsFour(structure) && ComponentsOf(structure) is not null;

    private static bool IsFour(StructType type) => type.Fields.Count == 4 && IsFloat(type.Fields[0].Type) && type.Fields.All(field => field.Type.Equals(type.Fields[0].Type));

    private static bool IsFloat(DataType type) => type.Kind is TypeKind.Float64 or TypeKind.Float32;
}
