using System.Runtime.InteropServices;

namespace Mesh.Columnar.Compression;

/// <summary>The system's libbz2, bound by the names of its utility functions (bzlib.h).</summary>
internal sealed unsafe class NativeBzip2
{
    private const int Ok = 0;
    private static readonly string[] LibraryNames = ["libbz2.so.1.0", "libbz2.so.1", "libbz2.1.0.dylib", "libbz2.dll"];

    private readonly delegate* unmanaged<byte*, uint*, byte*, uint, int, int, int, int> compress;
    private readonly delegate* unmanaged<byte*, uint*, byte*, uint, int, int, int> decompress;

    private NativeBzip2(nint library)
    {
        compress = (delegate* unmanaged<byte*, uint*, byte*, uint, int, int, int, int>)NativeLibrary.GetExport(library, "BZ2_bzBuffToBuffCompress");
        decompress = (delegate* unmanaged<byte*, uint*, byte*, uint, int, int, int>)NativeLibrary.GetExport(library, "BZ2_bzBuffToBuffDecompress");
    }

    /// <summary>Binds the library; null where it is absent.</summary>
    public static NativeBzip2? TryLoad()
    {
        foreach (string name in LibraryNames)
        {
            if (NativeLibrary.TryLoad(name, typeof(NativeBzip2).Assembly, null, out nint library)) return new NativeBzip2(library);
        }

        return null;
    }

    /// <returns>Bytes written, or -1 when the destination is too small.</returns>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level)
    {
        byte none;
        uint written = (uint)destination.Length;
        fixed (byte* from = source, to = destination)
        {
            return compress(to is null ? &none : to, &written, from is null ? &none : from, (uint)source.Length, level, 0, 0) == Ok ? (int)written : -1;
        }
    }

    /// <returns>Bytes written, or -1 when the data is unsound or does not fit.</returns>
    public int Decompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        byte none;
        uint written = (uint)destination.Length;
        fixed (byte* from = source, to = destination)
        {
            return decompress(to is null ? &none : to, &written, from is null ? &none : from, (uint)source.Length, 0, 0) == Ok ? (int)written : -1;
        }
    }
}
