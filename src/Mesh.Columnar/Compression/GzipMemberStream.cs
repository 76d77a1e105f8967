using System.Runtime.InteropServices;
using ICSharpCode.SharpZipLib.GZip;

namespace Mesh.Columnar.Compression;

/// <summary>
/// Decompresses gzip members (RFC 1952) one after the other from a stream through the system's <c>libz.so.1</c>. The framework's own
/// GZipStream takes a cut member for a whole one.
/// </summary>
public sealed unsafe class GzipMemberStream : DecompressingStream
{
    private const int StreamEnd = 1;
    private const int BufferError = -5;

    // A window of 32 KiB, and gzip's header and trailer instead of zlib's (zlib.h, inflateInit2).
    private const int GzipWindowBits = 15 + 16;

    private static readonly Library? Native = Library.TryLoad();
    private ZStream* state;

    private GzipMemberStream(Stream compressed)
        : base(compressed, "gzip", "libz.so.1", "zlib1g")
    {
        state = (ZStream*)NativeMemory.AllocZeroed((nuint)sizeof(ZStream));
        fixed (byte* version = "1.2.11\0"u8)
        {
            if (Native!.Initialise(state, GzipWindowBits, version, sizeof(ZStream)) == 0) return;
        }

        NativeMemory.Free(state);
        state = null;
        throw new InsufficientMemoryException("libz could not allocate its state.");
    }

    private protected override bool IsNative => true;

    /// <summary>Opens a stream of members; without the library SharpZipLib reads them, whose exceptions for damage are its own.</summary>
    /// <param name="compressed">The members; not disposed.</param>
    public static Stream Open(Stream compressed) => Native is not null ? new GzipMemberStream(compressed) : OpenManaged(compressed);

    internal static Stream OpenManaged(Stream compressed) => new GZipInputStream(compressed) { IsStreamOwner = false };

    private protected override bool Decode(ReadOnlySpan<byte> source, Span<byte> destination, out int consumed, out int written, out bool isFrameEnd)
    {
        byte none;
        fixed (byte* from = source, to = destination)
        {
            state->NextIn = from is null ? &none : from;
            state->AvailableIn = (uint)source.Length;
            state->NextOut = to;
            state->AvailableOut = (uint)destination.Length;
            int result = Native!.Inflate(state, 0);
            consumed = source.Length - (int)state->AvailableIn;
            written = destination.Length - (int)state->AvailableOut;
            isFrameEnd = result == StreamEnd;
            if (isFrameEnd) Native.Reset(state);
            return result is 0 or StreamEnd or BufferError;
        }
    }

    private protected override bool TryDecompressWhole(ReadOnlySpan<byte> source, Span<byte> destination, out int written) => throw new NotSupportedException();

    private protected override int DecompressPrefix(ReadOnlySpan<byte> source, Span<byte> destination) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (state is not null)
        {
            Native!.End(state);
            NativeMemory.Free(state);
        }

        state = null;
        base.Dispose(disposing);
    }

    /// <summary>z_stream of zlib.h; unsigned long is as wide as a pointer wherever the library names below are found.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ZStream
    {
        public byte* NextIn;
        public uint AvailableIn;
        public nuint TotalIn;
        public byte* NextOut;
        public uint AvailableOut;
        public nuint TotalOut;
        public nint Message;
        public nint State;
        public nint Allocate;
        public nint Free;
        public nint Opaque;
        public int DataType;
        public nuint Adler;
        public nuint Reserved;
    }

    private sealed class Library(nint handle)
    {
        public readonly delegate* unmanaged<ZStream*, int, byte*, int, int> Initialise = (delegate* unmanaged<ZStream*, int, byte*, int, int>)NativeLibrary.GetExport(handle, "inflateInit2_");
        public readonly delegate* unmanaged<ZStream*, int, int> Inflate = (delegate* unmanaged<ZStream*, int, int>)NativeLibrary.GetExport(handle, "inflate");
        public readonly delegate* unmanaged<ZStream*, int> Reset = (delegate* unmanaged<ZStream*, int>)NativeLibrary.GetExport(handle, "inflateReset");
        public readonly delegate* unmanaged<ZStream*, int> End = (delegate* unmanaged<ZStream*, int>)NativeLibrary.GetExport(handle, "inflateEnd");

        public static Library? TryLoad()
        {
            foreach (string name in (string[])["libz.so.1", "libz.1.dylib"])
            {
                if (NativeLibrary.TryLoad(name, typeof(GzipMemberStream).Assembly, null, out nint handle)) return new Library(handle);
            }

            return null;
        }
    }
}
