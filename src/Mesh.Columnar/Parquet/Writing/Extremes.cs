using System.Numerics;
using System.Runtime.CompilerServices;

namespace Mesh.Columnar.Parquet;

/// <summary>Smallest and largest value seen; NaNs are counted and otherwise left out (parquet.thrift, <c>ColumnOrder</c>).</summary>
internal struct Extremes<T>
    where T : unmanaged, INumber<T>
{
    public bool HasValue { get; private set; }

    public T Min { get; private set; }

    public T Max { get; private set; }

    public long NaNs { get; private set; }

    private static bool IsFloatingPoint => typeof(T) == typeof(float) || typeof(T) == typeof(double) || typeof(T) == typeof(Half);

    public void Add(ReadOnlySpan<T> values)
    {
        // Until there is a number to compare with, and for what vectors do not hold.
        while (!values.IsEmpty && !HasValue)
        {
            Add(values[0]);
            values = values[1..];
        }

        if (Vector<T>.IsSupported && values.Length >= Vector<T>.Count)
        {
            var min = new Vector<T>(Min);
            var max = new Vector<T>(Max);
            for (; values.Length >= Vector<T>.Count; values = values[Vector<T>.Count..])
            {
                var next = new Vector<T>(values);
                if (IsFloatingPoint && !Vector.EqualsAll(next, next))
                {
                    AddEach(values[..Vector<T>.Count]);
                    continue;
                }

                min = Vector.Min(min, next);
                max = Vector.Max(max, next);
            }

            for (int i = 0; i < Vector<T>.Count; i++)
            {
                Add(min[i]);
                Add(max[i]);
            }
        }

        AddEach(values);
    }

    public void Add(in Extremes<T> other)
    {
        NaNs += other.NaNs;
        if (!other.HasValue) return;
        Add(other.Min);
        Add(other.Max);
    }

    /// <summary>Zero has two signs and the order of floats does not tell them apart: bounds take the outer one.</summary>
    public readonly (T Min, T Max) Bounds()
    {
        if (typeof(T) == typeof(float)) return (Min == T.Zero ? (T)(object)-0f : Min, Max == T.Zero ? T.Zero : Max);
        if (typeof(T) == typeof(double)) return (Min == T.Zero ? (T)(object)-0d : Min, Max == T.Zero ? T.Zero : Max);
        if (typeof(T) == typeof(Half)) return (Min == T.Zero ? (T)(object)Half.NegativeZero : Min, Max == T.Zero ? T.Zero : Max);
        return (Min, Max);
    }

    private void AddEach(ReadOnlySpan<T> values)
    {
        foreach (T value in values) Add(value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Add(T value)
    {
        if (IsFloatingPoint && T.IsNaN(value))
        {
            NaNs++;
        }
        else if (!HasValue)
        {
            (HasValue, Min, Max) = (true, value, value);
        }
        else if (value < Min)
        {
            Min = value;
        }
        else if (value > Max)
        {
            Max = value;
        }
    }
}
