namespace Mesh.Formats.Mdf.Decoding;

/// <summary>How far an array reaches.</summary>
/// <param name="Count">Number of elements, at most 2^31.</param>
/// <param name="Low">Bytes from the channel's byte offset to its lowest element.</param>
/// <param name="High">Bytes to its highest.</param>
internal readonly record struct ArrayExtent(long Count, long Low, long High)
{
    public static ArrayExtent Of(MdfArrayLayout array)
    {
        long count = 1;
        long low = array.BaseOffset;
        long high = array.BaseOffset;
        for (int i = 0; i < array.Dimensions.Count; i++)
        {
            count = Math.Min(count * array.Dimensions[i], 1L << 31);
            long reach = (array.Dimensions[i] - 1L) * array.Strides[i];
            if (reach < 0) low += reach;
            else high += reach;
        }

        return new ArrayExtent(count, low, high);
    }
}

/// <summary>A channel cannot be read; the message says why, without its name.</summary>
internal sealed class ChannelException(string problem) : Exception(problem);
