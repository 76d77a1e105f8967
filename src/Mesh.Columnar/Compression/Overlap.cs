using System.Runtime.CompilerServices;

namespace Mesh.Columnar.Compression;

/// <summary>The copy that LZ77 formats mean: a match may overlap what it produces, repeating it.</summary>
internal static class Overlap
{
    /// <summary>Appends <paramref name="length"/> bytes found <paramref name="distance"/> bytes before <paramref name="at"/>; the caller has checked both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(Span<byte> buffer, int at, int distance, int length)
    {
        var source = buffer.Slice(at - distance, distance);
        var target = buffer.Slice(at, length);
        if (distance >= length)
        {
            source[..length].CopyTo(target);
            return;
        }

        if (distance == 1)
        {
            target.Fill(source[0]);
            return;
        }

        // Each round doubles the repeated run.
        source.CopyTo(target);
        for (int done = distance; done < length;)
        {
            int count = Math.Min(done, length - done);
            target[..count].CopyTo(target[done..]);
            done += count;
        }
    }
}
