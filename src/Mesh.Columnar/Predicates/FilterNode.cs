using System.Buffers;
using System.Runtime.InteropServices;

namespace Mesh.Columnar;

/// <summary>Part of a compiled condition.</summary>
internal abstract class FilterNode
{
    /// <summary>Sets the bits of the matching rows. All bits are clear at first, and those beyond the last row stay so.</summary>
    public abstract void Evaluate(RecordBatch batch, Span<ulong> target);

    /// <summary>Sets the bits of all rows.</summary>
    protected static void SetAll(Span<ulong> target, int rows)
    {
        target.Fill(ulong.MaxValue);
        ClearBeyond(target, rows);
    }

    protected static void ClearBeyond(Span<ulong> target, int rows)
    {
        if ((rows & 63) != 0) target[^1] &= (1UL << (rows & 63)) - 1;
    }

    /// <summary>Clears the bits of the rows in which the vector is absent.</summary>
    protected static void ClearNulls(Span<ulong> target, ColumnVector vector)
    {
        if (vector.NullCount == 0) return;
        var validity = vector.Validity.Span;
        var words = MemoryMarshal.Cast<byte, ulong>(validity);
        int whole = Math.Min(words.Length, target.Length);
        for (int i = 0; i < whole; i++) target[i] &= words[i];
        if (whole == target.Length) return;
        ulong last = 0;
        var rest = validity[(whole * 8)..];
        for (int i = 0; i < rest.Length; i++) last |= (ulong)rest[i] << (8 * i);
        target[whole] &= last;
    }
}

/// <summary>All or any of its parts.</summary>
internal sealed class JunctionNode(bool isAll, FilterNode[] parts) : FilterNode
{
    public override void Evaluate(RecordBatch batch, Span<ulong> target)
    {
        if (isAll) SetAll(target, batch.Length);
        ulong[] scratch = ArrayPool<ulong>.Shared.Rent(target.Length);
        var found = scratch.AsSpan(0, target.Length);
        foreach (var part in parts)
        {
            found.Clear();
            part.Evaluate(batch, found);
            if (isAll)
            {
                for (int i = 0; i < target.Length; i++) target[i] &= found[i];
                if (!target.ContainsAnyExcept(0UL)) break;
            }
            else
            {
                for (int i = 0; i < target.Length; i++) target[i] |= found[i];
            }
        }

        ArrayPool<ulong>.Shared.Return(scratch);
    }
}

/// <summary>A condition on one column.</summary>
/// <param name="place">Positions from the top-level column down through structs.</param>
internal abstract class ColumnNode(int[] place) : FilterNode
{
    public sealed override void Evaluate(RecordBatch batch, Span<ulong> target)
    {
        if (target.IsEmpty) return;
        var vector = batch.Columns[place[0]];
        for (int i = 1; i < place.Length; i++) vector = vector.Children[place[i]];
        Match(vector, target);
        ClearBeyond(target, batch.Length);
        ClearAbsent(batch, target);
    }

    /// <summary>Sets the bits of the matching values; what it says of absent ones does not count.</summary>
    protected abstract void Match(ColumnVector vector, Span<ulong> target);

    /// <summary>Clears the bits of absent values. A field is absent where a struct around it is.</summary>
    protected virtual void ClearAbsent(RecordBatch batch, Span<ulong> target)
    {
        var vector = batch.Columns[place[0]];
        ClearNulls(target, vector);
        for (int i = 1; i < place.Length; i++)
        {
            vector = vector.Children[place[i]];
            ClearNulls(target, vector);
        }
    }
}

/// <summary>The absent values, or the present ones.</summary>
internal sealed class NullNode(int[] place, bool isAbsentWanted) : ColumnNode(place)
{
    protected override void Match(ColumnVector vector, Span<ulong> target) => target.Fill(ulong.MaxValue);

    protected override void ClearAbsent(RecordBatch batch, Span<ulong> target)
    {
        base.ClearAbsent(batch, target);
        if (!isAbsentWanted) return;
        for (int i = 0; i < target.Length; i++) target[i] = ~target[i];
        ClearBeyond(target, batch.Length);
    }
}

/// <summary>All present values or none.</summary>
internal sealed class ConstantNode(int[] place, bool isTrue) : ColumnNode(place)
{
    protected override void Match(ColumnVector vector, Span<ulong> target)
    {
        if (isTrue) target.Fill(ulong.MaxValue);
    }
}

/// <summary>Truth values.</summary>
internal sealed class BooleanNode(int[] place, bool matchesFalse, bool matchesTrue) : ColumnNode(place)
{
    protected override void Match(ColumnVector vector, Span<ulong> target)
    {
        var bits = vector.ValueBytes.Span;
        var words = MemoryMarshal.AsBytes(target);
        byte onTrue = matchesTrue ? (byte)0xFF : (byte)0, onFalse = matchesFalse ? (byte)0xFF : (byte)0;
        int count = Math.Min(words.Length, (vector.Length + 7) / 8);
        for (int i = 0; i < count; i++) words[i] = (byte)((bits[i] & onTrue) | (~bits[i] & onFalse));
    }
}

/// <summary>Texts that begin with a prefix, or that do not.</summary>
internal sealed class PrefixNode(int[] place, byte[] prefix, bool wanted) : ColumnNode(place)
{
    protected override void Match(ColumnVector vector, Span<ulong> target)
    {
        var offsets = vector.Offsets;
        var bytes = vector.ValueBytes.Span;
        for (int i = 0; i < vector.Length; i++)
        {
            if (bytes[offsets[i]..offsets[i + 1]].StartsWith(prefix) == wanted) target[i >> 6] |= 1UL << (i & 63);
        }
    }
}
