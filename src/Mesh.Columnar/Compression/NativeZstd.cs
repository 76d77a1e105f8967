using System.Runtime.InteropServices;

namespace Mesh.Columnar.Compression;

/// <summary>The system's libzstd, bound by the names of its stable interface (zstd.h, "Simple API" and "Explicit context").</summary>
internal sealed unsafe class NativeZstd
{
    [ThreadStatic]
    private static Contexts? contexts;

    private readonly delegate* unmanaged<nint> createCompression;
    private readonly delegate* unmanaged<nint> createDecompression;
    private readonly delegate* unmanaged<nint, nuint> freeCompression;
    private readonly delegate* unmanaged<nint, nuint> freeDecompression;
    private readonly delegate* unmanaged<nint, byte*, nuint, byte*, nuint, int, nuint> compress;
    private readonly delegate* unmanaged<nint, byte*, nuint, byte*, nuint, nuint> decompress;
    private readonly delegate* unmanaged<nuint, uint> isError;

    private NativeZstd(nint library)
    {
        createCompression = (delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "ZSTD_createCCtx");
        createDecompression = (delegate* unmanaged<nint>)NativeLibrary.GetExport(library, "ZSTD_createDCtx");
        freeCompression = (delegate* unmanaged<nint, nuint>)NativeLibrary.GetExport(library, "ZSTD_freeCCtx");
        freeDecompression = (delegate* unmanaged<nint, nuint>)NativeLibrary.GetExport(library, "ZSTD_freeDCtx");
        compress = (delegate* unmanaged<nint, byte*, nuint, byte*, nuint, int, nuint>)NativeLibrary.GetExport(library, "ZSTD_compressCCtx");
        decompress = (delegate* unmanaged<nint, byte*, nuint, byte*, nuint, nuint>)NativeLibrary.GetExport(library, "ZSTD_decompressDCtx");
        isError = (delegate* unmanaged<nuint, uint>)NativeLibrary.GetExport(library, "ZSTD_isError");
    }

    /// <summary>Binds the library; null where it is absent.</summary>
    public static NativeZstd? TryLoad() => ZstdLibrary.Load() is var library and not 0 ? new NativeZstd(library) : null;

    /// <returns>Bytes written, or -1 when the destination is too small.</returns>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level)
    {
        nint context = OfThisThread().Compression;
        fixed (byte* from = source, to = destination)
        {
            nuint result = compress(context, to, (nuint)destination.Length, from, (nuint)source.Length, level);
            return isError(result) != 0 ? -1 : (int)result;
        }
    }

    /// <returns>Bytes written, or -1 when the data is unsound or does not fit.</returns>
    public int Decompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        nint context = OfThisThread().Decompression;
        fixed (byte* from = source, to = destination)
        {
            nuint result = decompress(context, to, (nuint)destination.Length, from, (nuint)source.Length);
            return isError(result) != 0 ? -1 : (int)result;
        }
    }

    private Contexts OfThisThread() => contexts ??= new Contexts(this);

    /// <summary>Reused per thread: making a context costs more than compressing a small page.</summary>
    private sealed class Contexts(NativeZstd library)
    {
        private nint compression;
        private nint decompression;

        public nint Compression => compression != 0 ? compression : compression = Require(library.createCompression());

        public nint Decompression => decompression != 0 ? decompression : decompression = Require(library.createDecompression());

        ~Contexts()
        {
            if (compression != 0) library.freeCompression(compression);
            if (decompression != 0) library.freeDecompression(decompression);
        }

        private static nint Require(nint context) => context != 0 ? context : throw new InsufficientMemoryException("libzstd could not allocate a context.");
    }
}
