using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Mesh.Formats.Mdf4;

/// <summary>Undoes the transposition of DZ blocks: bytes stored column by column become records again.</summary>
internal static class Mdf4Transposition
{
    private const int Tile = 16;

    /// <param name="source">Column by column, then the bytes that fill no whole row.</param>
    /// <param name="target">As long as <paramref name="source"/>.</param>
    /// <param name="columns">Bytes of a row.</param>
    public static void Undo(ReadOnlySpan<byte> source, Span<byte> target, int columns)
    {
        int rows = source.Length / columns;
        int whole = rows * columns;
        source[whole..].CopyTo(target[whole..]);
        ref byte from = ref MemoryMarshal.GetReference(source);
        ref byte to = ref MemoryMarshal.GetReference(target);
        int tiledColumns = 0, tiledRows = 0;
        if ((Sse2.IsSupported || AdvSimd.Arm64.IsSupported) && rows >= Tile && columns >= Tile)
        {
            // The last tiles overlap the ones before: writing the same bytes twice is cheaper than a narrow remainder.
            for (int row = 0; ; row = Math.Min(row + Tile, rows - Tile))
            {
                for (int column = 0; ; column = Math.Min(column + Tile, columns - Tile))
                {
                    Tile16(ref Unsafe.Add(ref from, (nint)((long)column * rows) + row), rows, ref Unsafe.Add(ref to, (nint)((long)row * columns) + column), columns);
                    if (column + Tile >= columns) break;
                }

                if (row + Tile >= rows) break;
            }

            (tiledColumns, tiledRows) = (columns, rows);
        }

        if (tiledRows == rows && tiledColumns == columns) return;
        const int Block = 2048;
        for (int first = 0; first < rows; first += Block)
        {
            int last = Math.Min(rows, first + Block);
            for (int column = 0; column < columns; column++)
            {
                ref byte read = ref Unsafe.Add(ref from, (nint)((long)column * rows));
                ref byte write = ref Unsafe.Add(ref to, (nint)((long)first * columns) + column);
                for (int row = first; row < last; row++)
                {
                    write = Unsafe.Add(ref read, row);
                    write = ref Unsafe.Add(ref write, columns);
                }
            }
        }
    }

    /// <summary>Transposes 16 by 16 bytes: four rounds of interleaving rows that are half the tile apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Tile16(ref byte from, int fromStride, ref byte to, int toStride)
    {
        Span<Vector128<byte>> a = stackalloc Vector128<byte>[Tile];
        Span<Vector128<byte>> b = stackalloc Vector128<byte>[Tile];
        for (int i = 0; i < Tile; i++) a[i] = Vector128.LoadUnsafe(ref Unsafe.Add(ref from, (nint)i * fromStride));
        Interleave(a, b);
        Interleave(b, a);
        Interleave(a, b);
        Interleave(b, a);
        for (int i = 0; i < Tile; i++) a[i].StoreUnsafe(ref Unsafe.Add(ref to, (nint)i * toStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Interleave(Span<Vector128<byte>> from, Span<Vector128<byte>> to)
    {
        for (int i = 0; i < Tile / 2; i++)
        {
            to[2 * i] = Low(from[i], from[i + (Tile / 2)]);
            to[(2 * i) + 1] = High(from[i], from[i + (Tile / 2)]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Low(Vector128<byte> left, Vector128<byte> right) =>
        Sse2.IsSupported ? Sse2.UnpackLow(left, right) : AdvSimd.Arm64.ZipLow(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> High(Vector128<byte> left, Vector128<byte> right) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(left, right) : AdvSimd.Arm64.ZipHigh(left, right);
}
