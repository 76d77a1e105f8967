using System.Globalization;
using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>When a sample is an event.</summary>
/// <param name="Field">Dotted path of a number, truth value or text.</param>
/// <param name="Value">What it has to equal: <c>1</c>, <c>true</c>, <c>EXPOSE</c>.</param>
public sealed record EventCondition(string Field, string Value)
{
    /// <summary>
    /// Whether only the sample counts at which the field becomes equal, the one before it having been recorded with another value (default:
    /// true); otherwise every equal sample.
    /// </summary>
    public bool OnChange { get; init; } = true;

    /// <summary>Whether the field of a sample has the value; a field that is absent or null has not.</summary>
    internal bool Holds(ColumnVector? field, int row)
    {
        if (field is null || field.IsNull(row)) return false;
        return field.Type.Kind switch
        {
            TypeKind.Boolean => bool.TryParse(Value, out bool truth) ? truth == field.GetBoolean(row) : Equals(field.GetBoolean(row) ? 1 : 0),
            TypeKind.Int32 => Equals(field.Values<int>()[row]),
            TypeKind.Int64 => long.TryParse(Value, CultureInfo.InvariantCulture, out long number) && number == field.Values<long>()[row],
            TypeKind.Float32 => Equals(field.Values<float>()[row]),
            TypeKind.Float64 => Equals(field.Values<double>()[row]),
            TypeKind.Utf8 => field.GetString(row) == Value,
            _ => false,
        };
    }

    private bool Equals(double value) => double.TryParse(Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number == value;
}
