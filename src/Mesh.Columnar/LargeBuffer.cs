using System.Buffers;
using System.Runtime.InteropServices;

namespace Mesh.Columnar;

/// <summary>
/// Bytes outside of the garbage-collected heap, for buffers of megabytes: disposing gives them back to the system at once, where an array
/// would count until the oldest generation is collected. Pages that are never written take no memory. Reading after disposal throws
/// <see cref="ObjectDisposedException"/>; a span taken before must not be used after it. Nobody but the owner frees it: a finalizer could do so under
/// the eyes of a span.
/// </summary>
public sealed unsafe partial class LargeBuffer : MemoryManager<byte>
{
    private const int ReadWrite = 1 | 2;
    private const int PrivateAnonymous = 0x02 | 0x20;

    private readonly int length;
    private byte* bytes;

    /// <param name="length">Number of bytes, whose contents are undefined.</param>
    /// <exception cref="InsufficientMemoryException">The system has not that much.</exception>
    public LargeBuffer(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        this.length = length;
        if (!OperatingSystem.IsLinux())
        {
            bytes = (byte*)NativeMemory.Alloc((nuint)length);
            return;
        }

        // Not the C library's: that keeps what has been freed for later, tens of megabytes of it.
        nint mapped = Map(0, (nuint)length, ReadWrite, PrivateAnonymous, -1, 0);
        if (mapped == -1) throw new InsufficientMemoryException($"The system gives no {length:N0} bytes.");
        bytes = (byte*)mapped;
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(bytes is null, this);
        return new Span<byte>(bytes, length);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(bytes is null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length);
        return new MemoryHandle(bytes + elementIndex, default, this);
    }

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <summary>Gives the bytes back.</summary>
    public void Dispose() => Free();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => Free();

    private void Free()
    {
        if (bytes is null) return;
        if (OperatingSystem.IsLinux()) _ = Unmap((nint)bytes, (nuint)length);
        else NativeMemory.Free(bytes);
        bytes = null;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);
}
