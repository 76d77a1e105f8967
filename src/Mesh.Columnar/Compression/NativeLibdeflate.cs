using System.Runtime.InteropServices;

namespace Mesh.Columnar.Compression;

/// <summary>The system's libdeflate, bound by the names of its stable interface (libdeflate.h).</summary>
internal sealed unsafe class NativeLibdeflate
{
    private static readonly string[] LibraryNames = ["libdeflate.so.0", "libdeflate.0.dylib", "libdeflate.dll"];

    [ThreadStatic]
    private static Contexts? contexts;

    private readonly delegate* unmanaged<int, nint> createCompressor;
    private readonly delegate* unmanaged<nint> createDecompressor;
    private readonly delegate* unmanaged<nint, void> freeCompressor;
    private readonly delegate* unmanaged<nint, void> freeDecompressor;
    private readonly delegate* unmanaged<nint, byte*, nuint, byte*, nuint, nuint> compress;
    private readonly delegate* unmanaged<nint, byte*, nuint, byte*, nuint, nuint*, int> decompress;

    private NativeLibdeflate(nint library)
    {
        createCompressor = (delegate* unmanaged<int, nint>)NativeLibrary.GetExport(library, "libdeflate_alloc_compressor");
        createDecompressor = (delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "libdeflate_alloc_decompressor");
        freeCompressor = (delegate* unmanaged<nint, void>)NativeLibrary.GetExport(library, "libdeflate_free_compressor");
        freeDecompressor = (delegate* unmanaged<nint, void>)NativeLibrary.GetExport(library, "libdeflate_free_decompressor");
        compress = (delegate* unmanaged<nint, byte*, nuint, byte*, nuint, nuint>)NativeLibrary.GetExport(library, "libdeflate_zlib_compress");
        decompress = (delegate* unmanaged<nint, byte*, nuint, byte*, nuint, nuint*, int>)NativeLibrary.GetExport(library, "libdeflate_zlib_decompress");
    }

    /// <summary>Binds the library; null where it is absent.</summary>
    public static NativeLibdeflate? TryLoad()
    {
        foreach (string name in LibraryNames)
        {
            if (NativeLibrary.TryLoad(name, typeof(NativeLibdeflate).Assembly, null, out nint library)) return new NativeLibdeflate(library);
        }

        return null;
    }

    /// <returns>Bytes written, or -1 when the destination is too small.</returns>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level)
    {
        nint context = OfThisThread().Compressor(level);
        fixed (byte* from = source, to = destination)
        {
            nuint written = compress(context, from, (nuint)source.Length, to, (nuint)destination.Length);
            return written == 0 ? -1 : (int)written;
        }
    }

    /// <returns>Bytes written, or -1 when the data is unsound or does not fit.</returns>
    public int Decompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        byte none;
        nuint written;
        nint context = OfThisThread().Decompressor;
        fixed (byte* from = source, to = destination)
        {
            int result = decompress(context, from is null ? &none : from, (nuint)source.Length, to is null ? &none : to, (nuint)destination.Length, &written);
            return result == 0 ? (int)written : -1;
        }
    }

    private Contexts OfThisThread() => contexts ??= new Contexts(this);

    /// <summary>Reused per thread: a compressor is up to a megabyte of tables.</summary>
    private sealed class Contexts(NativeLibdeflate library)
    {
        private nint compressor;
        private int compressorLevel;
        private nint decompressor;

        public nint Decompressor => decompressor != 0 ? decompressor : decompressor = Require(library.createDecompressor());

        ~Contexts()
        {
            if (compressor != 0) library.freeCompressor(compressor);
            if (decompressor != 0) library.freeDecompressor(decompressor);
        }

        public nint Compressor(int level)
        {
            if (compressor != 0 && compressorLevel == level) return compressor;
            if (compressor != 0) library.freeCompressor(compressor);
            compressor = 0;
            compressor = Require(library.createCompressor(level));
            compressorLevel = level;
            return compressor;
        }

        private static nint Require(nint context) => context != 0 ? context : throw new InsufficientMemoryException("libdeflate could not allocate a context.");
    }
}
