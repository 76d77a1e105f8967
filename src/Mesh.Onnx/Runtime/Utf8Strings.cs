using System.Text;

namespace Mesh.Onnx.Runtime;

/// <summary>Zero-terminated texts at fixed addresses, as the C interface takes them. The collector frees them with this object.</summary>
internal sealed unsafe class Utf8Strings
{
    private readonly byte[] bytes;
    private readonly nint[] addresses;

    public Utf8Strings(IEnumerable<string> texts)
    {
        byte[][] encoded = [.. texts.Select(Encoding.UTF8.GetBytes)];
        bytes = GC.AllocateArray<byte>(encoded.Sum(text => text.Length + 1), pinned: true);
        addresses = GC.AllocateArray<nint>(encoded.Length, pinned: true);
        int position = 0;
        for (int i = 0; i < encoded.Length; i++)
        {
            encoded[i].CopyTo(bytes, position);
            fixed (byte* start = &bytes[position]) addresses[i] = (nint)start;
            position += encoded[i].Length + 1;
        }
    }

    public int Count => addresses.Length;

    /// <summary>Address of a text. The caller keeps this object alive while it is used.</summary>
    public byte* this[int index] => (byte*)addresses[index];

    /// <summary>Addresses of all texts, one after the other. The caller keeps this object alive while they are used.</summary>
    public byte** All
    {
        get
        {
            fixed (nint* first = addresses) return (byte**)first;
        }
    }
}
