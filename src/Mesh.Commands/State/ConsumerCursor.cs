using System.Globalization;
using System.Text;
using Mesh.Model;

namespace Mesh.Commands.State;

/// <summary>
/// Where a named subscriber stands in a product: a small file under the user's own state folder (<c>$XDG_STATE_HOME/mesh/consumers</c>),
/// because a subscriber need not be on the server's machine.
/// </summary>
public sealed class ConsumerCursor
{
    private readonly string path;

    /// <param name="consumer">Name the subscriber goes by.</param>
    /// <param name="product">The product.</param>
    public ConsumerCursor(string consumer, string product)
    {
        string root = Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state
            ? state
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        path = Path.Combine(root, "mesh", "consumers", Uri.EscapeDataString(consumer), Uri.EscapeDataString(product));
    }

    /// <summary>The last snapshot whose rows were all delivered; null when there is none.</summary>
    public long? Read() =>
        File.Exists(path) && long.TryParse(File.ReadAllText(path), NumberStyles.Integer, CultureInfo.InvariantCulture, out long snapshot) ? snapshot : null;

    /// <summary>Remembers a snapshot.</summary>
    public void Write(long snapshotId)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, Encoding.ASCII.GetBytes(snapshotId.ToString(CultureInfo.InvariantCulture)));
    }
}
