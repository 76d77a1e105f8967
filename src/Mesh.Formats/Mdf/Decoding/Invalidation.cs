using System.Numerics;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>Which values of a channel are invalid (specification 4.2, "CNBLOCK", <c>cn_pos_invalidation_bit</c> and <c>cn_flags</c>).</summary>
internal readonly unsafe struct Invalidation
{
    private readonly int at;
    private readonly int mask;

    private Invalidation(bool isAll, int at, int mask)
    {
        IsAll = isAll;
        this.at = at;
        this.mask = mask;
    }

    /// <summary>Room that the bits of a tile need.</summary>
    public const int TileBytes = RecordTile.MaxRows / 8;

    public static Invalidation None => default;

    public static Invalidation All => new(true, 0, 0);

    public bool IsAll { get; }

    public bool IsNone => !IsAll && mask == 0;

    public static Invalidation Bit(int at, int bit) => new(false, at, 1 << bit);

    public bool IsInvalid(byte* record) => IsAll || (record[at] & mask) != 0;

    /// <summary>Sets bit i when value i is valid.</summary>
    /// <returns>False when all are, and the bits need not be looked at.</returns>
    public bool Read(in RecordTile tile, Span<byte> validity)
    {
        if (IsNone) return false;
        int count = tile.Count;
        int bytes = (count + 7) / 8;
        if (IsAll)
        {
            validity[..bytes].Clear();
            return count > 0;
        }

        int any = 0;
        int shift = BitOperations.TrailingZeroCount(mask);
        byte* record = tile.First + at;
        for (int i = 0; i < bytes; i++)
        {
            int invalid = 0;
            int left = Math.Min(8, count - (i * 8));
            if (tile.IsStrided)
            {
                for (int j = 0; j < left; j++)
                {
                    invalid |= ((*record >> shift) & 1) << j;
                    record += tile.Stride;
                }
            }
            else
            {
                for (int j = 0; j < left; j++) invalid |= ((tile.At((i * 8) + j)[at] >> shift) & 1) << j;
            }

            any |= invalid;
            validity[i] = (byte)~invalid;
        }

        return any != 0;
    }
}
