using System.Globalization;
using Mesh.Model;

namespace Mesh.Training.Loading;

/// <summary>Where a stream is: the beginning of a shuffle buffer, and how many of its samples are done.</summary>
/// <param name="Epoch">Pass over the rows, from 0.</param>
/// <param name="Group">Row groups done in the epoch's order.</param>
/// <param name="Row">Rows done in the next row group.</param>
/// <param name="Sample">Samples done of the buffer that begins there.</param>
internal readonly record struct TensorPosition(int Epoch, int Group, long Row, int Sample)
{
    private const string Version = "t1";

    /// <summary>Longest cursor in characters.</summary>
    public const int MaxChars = 80;

    /// <summary>Writes the cursor, which says of which stream it is.</summary>
    public int Format(ReadOnlySpan<char> fingerprint, Span<char> target) =>
        target.TryWrite(CultureInfo.InvariantCulture, $"{Version}.{fingerprint}.{Epoch}.{Group}.{Row}.{Sample}", out int written)
            ? written
            : throw new InvalidOperationException("A cursor is longer than the room for it.");

    /// <exception cref="MeshException"><c>MESH9205</c>: no cursor, or that of another stream.</exception>
    public static TensorPosition Parse(string cursor, string fingerprint)
    {
        string[] parts = cursor.Split('.');
        if (parts.Length != 6 || parts[0] != Version || !TryInt(parts[2], out int epoch) || !TryInt(parts[3], out int group) || !TryInt(parts[5], out int sample)
            || !long.TryParse(parts[4], NumberStyles.None, CultureInfo.InvariantCulture, out long row))
        {
            throw new MeshException("MESH9205", $"'{cursor}' is no cursor. Give the cursor of the last batch that was used, as its metadata has it.");
        }

        return parts[1] == fingerprint
            ? new TensorPosition(epoch, group, row, sample)
            : throw new MeshException(
                "MESH9205",
                $"The cursor '{cursor}' is of another stream ({parts[1]}, this one is {fingerprint}): the files, columns, condition, window, seed, shard or shuffle buffer differ. "
                + "Go on with the same ones, or begin anew without --resume.");

        static bool TryInt(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
