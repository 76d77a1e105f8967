using System.Text;
using Mesh.Formats.Bus.Dbc;

namespace Mesh.Formats.Bus;

/// <summary>Describes the frames of a bus and the signals in them: a DBC file.</summary>
public sealed class BusDatabase
{
    private readonly Dictionary<string, BusMessage> byName;

    internal BusDatabase(string name, IReadOnlyList<BusMessage> messages)
    {
        Name = name;
        Messages = messages;
        byName = new Dictionary<string, BusMessage>(messages.Count);
        foreach (var message in messages) byName.TryAdd(message.Name, message);
    }

    /// <summary>Name for messages to people: the file's.</summary>
    public string Name { get; }

    /// <summary>The messages, in the file's order.</summary>
    public IReadOnlyList<BusMessage> Messages { get; }

    /// <summary>The message of a name.</summary>
    /// <returns>Null when there is none.</returns>
    public BusMessage? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>
    /// Reads a DBC file. Text that is valid UTF-8 (with or without byte order mark) or begins with a UTF-16 byte order mark is read as that,
    /// other text as Windows-1252, which cannot be told from other 8-bit code pages: say which one it is for files in GBK or Shift-JIS.
    /// </summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH10501</c> and following: it does not parse; line and remedy in the message.</exception>
    public static BusDatabase Parse(string name, ReadOnlySpan<byte> content) => Parse(name, content, null);

    /// <inheritdoc cref="Parse(string, ReadOnlySpan{byte})"/>
    /// <param name="name">Name for messages to people: the file's.</param>
    /// <param name="content">The file.</param>
    /// <param name="encoding">Code page of the text (<see cref="FindEncoding"/>); null to detect it.</param>
    public static BusDatabase Parse(string name, ReadOnlySpan<byte> content, Encoding? encoding) =>
        new DbcParser(name, DbcText.Decode(content, encoding)).Parse();

    /// <summary>The code page of a name: <c>utf-8</c>, <c>gbk</c>, <c>shift_jis</c>, <c>cp1252</c>, <c>windows-1251</c> ...</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH10507</c>: no such code page.</exception>
    public static Encoding FindEncoding(string name) => DbcText.FindEncoding(name);
}
