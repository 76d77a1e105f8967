using System.Runtime.InteropServices;

namespace Mesh.Columnar.Compression;

/// <summary>The system's zlib, bound by the names of its utility functions (zlib.h), whose lengths are C's <c>unsigned long</c>.</summary>
internal sealed unsafe class NativeZlib
{
    private const int Ok = 0;

    // Not on Windows, where unsigned long has 32 bits.
    private static readonly string[] LibraryNames = ["libz.so.1", "libz.1.dylib"];

    private readonly delegate* unmanaged<byte*, nuint*, byte*, nuint, int, int> compress;
    private readonly delegate* unmanaged<byte*, nuint*, byte*, nuint, int> uncompress;

    private NativeZlib(nint library)
    {
        compress = (delegate* unmanaged<byte*, nuint*, byte*, nuint, int, int>)NativeLibrary.GetExport(library, "compress2");
        uncompress = (delegate* unmanaged<byte*, nuint*, byte*, nuint, int>)NativeLibrary.GetExport(library, "uncompress");
    }

    /// <summary>Binds the library; null where it is absent.</summary>
    public static NativeZlib? TryLoad()
    {
        foreach (string name in LibraryNames)
        {
            if (NativeLibrary.TryLoad(name, typeof(NativeZlib).Assembly, null, out nint library)) return new NativeZlib(library);
        }

        return null;
    }

    /// <returns>Bytes written, or -1 when the destination is too small.</returns>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level)
    {
        nuint written = (nuint)destination.Length;
        fixed (byte* from = source, to = destination) return compress(to, &written, from, (nuint)source.Length, level) == Ok ? (int)written : -1;
    }

    /// <returns>Bytes written, or -1 when the data is unsound or does not fit.</returns>
    public int Decompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        byte none;
        nuint written = (nuint)destination.Length;
        fixed (byte* from = source, to = destination)
        {
            return uncompress(to is null ? &none : to, &written, from is null ? &none : from, (nuint)source.Length) == Ok ? (int)written : -1;
        }
    }
}
