using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

namespace Mesh.Formats.Tests.Mdf4.Writing;

/// <summary>
/// A second reader of MDF 4, for tests only, written from the specification (ASAM MDF 4.1 and 4.2, "Block structure") and sharing no code with the product:
/// slow, simple, strict. It reads sorted files and throws at anything that the specification does not allow.
/// </summary>
internal sealed partial class SpecificationMdfReader
{
    private readonly byte[] file;
    private readonly SortedDictionary<long, long> blocks = [];

    private SpecificationMdfReader(byte[] file, bool finalised)
    {
        this.file = file;
        Check(Text(0, 8) == (finalised ? "MDF     " : "UnFinMF "), 0, "file identification");
        Version = U16(28);
        Check(Text(8, 4) == $"{Version / 100}.{Version % 100:00}", 8, "version text equals version number");
        Check(finalised ? U16(60) == 0 : U16(60) != 0, 60, "unfinalised flags");
        IsFinalised = finalised;
        blocks.Add(0, 64);
        ReadHeader();
        CheckOverlaps();
    }

    public int Version { get; }

    public bool IsFinalised { get; }

    public ulong StartTimeNs { get; private set; }

    public Dictionary<string, Dictionary<string, string>> Properties { get; } = [];

    public List<(string Name, string MediaType, byte[] Content)> Attachments { get; } = [];

    public List<Group> Groups { get; } = [];

    /// <summary>Ids of all blocks met, with how often.</summary>
    public Dictionary<string, int> BlockIds { get; } = [];

    public static SpecificationMdfReader Read(byte[] file) => new(file, true);

    public static SpecificationMdfReader ReadUnfinalised(byte[] file) => new(file, false);

    private void ReadHeader()
    {
        var header = Block(64, "HD", 6);
        StartTimeNs = U64(header.Data);
        Check(file[(int)header.Data + 12] == 0, header.Data + 12, "time flags");
        for (long at = header.Link(1); at != 0;)
        {
            var history = Block(at, "FH", 2);
            var comment = XDocument.Parse(TextAt(history.Link(1), "MD"));
            Check(comment.Root!.Name.LocalName == "FHcomment", at, "FHcomment");
            foreach (string name in new[] { "tool_id", "tool_vendor", "tool_version" }) Check(comment.Root.Elements().Any(e => e.Name.LocalName == name), at, name);
            at = history.Link(0);
        }

        Check(header.Link(1) != 0, 64, "at least one file history block");
        if (header.Link(5) != 0)
        {
            var comment = XDocument.Parse(TextAt(header.Link(5), "MD"));
            Check(comment.Root!.Name.LocalName == "HDcomment" && ((XElement)comment.Root.FirstNode!).Name.LocalName == "TX", header.Link(5), "HDcomment with TX first");
            foreach (var tree in comment.Descendants().Where(e => e.Name.LocalName == "tree"))
            {
                Properties[tree.Attribute("name")!.Value] = tree.Elements().ToDictionary(e => e.Attribute("name")!.Value, e => e.Value);
            }
        }

        for (long at = header.Link(3); at != 0;) at = ReadAttachment(at);
        for (long at = header.Link(0); at != 0;)
        {
            var group = Block(at, "DG", 4);
            Check(file[group.Data] == 0, group.Data, "no record id in a sorted group");
            Groups.Add(new Group(this, group.Link(1), group.Link(2)));
            at = group.Link(0);
        }
    }

    private long ReadAttachment(long at)
    {
        var block = Block(at, "AT", 4);
        int flags = U16(block.Data);
        long original = (long)U64(block.Data + 24);
        long embedded = (long)U64(block.Data + 32);
        Check(block.End - block.Data == 40 + embedded, at, "embedded size");
        byte[] content = file[(int)(block.Data + 40)..(int)(block.Data + 40 + embedded)];
        if ((flags & 2) != 0) content = Inflate(content);
        Check((flags & 1) != 0 && content.Length == original, at, "original size");
#pragma warning disable CA5351 // The format prescribes MD5.
        if ((flags & 4) != 0) Check(MD5.HashData(content).AsSpan().SequenceEqual(file.AsSpan((int)block.Data + 8, 16)), at, "MD5");
#pragma warning restore CA5351
        Attachments.Add((TextAt(block.Link(1), "TX"), TextAt(block.Link(2), "TX"), content));
        return block.Link(0);
    }

    /// <summary>Bytes of a DT or SD block, a DZ block, or a list of them.</summary>
    private byte[] Data(long at, string id, int recordBytes)
    {
        if (at == 0) return [];
        using var bytes = new MemoryStream();
        string top = Text(at + 2, 2);
        if (top == "HL")
        {
            var header = Block(at, "HL", 1);
            Check(Text(header.Link(0) + 2, 2) == "DL", at, "HL refers to DL");
            at = header.Link(0);
            top = "DL";
        }

        if (top != "DL")
        {
            AppendData(bytes, at, id, recordBytes);
            return bytes.ToArray();
        }

        while (at != 0)
        {
            var list = Block(at, "DL", -1);
            int count = (int)U32(list.Data + 4);
            Check(list.Links == count + 1 && count > 0, at, "dl_count equals number of links");
            bool equalLength = (file[list.Data] & 1) != 0;
            Check(list.End - list.Data == 8 + (equalLength ? 8 : 8 * count), at, "length of DL");
            for (int i = 0; i < count; i++)
            {
                if (!equalLength) Check(U64(list.Data + 8 + (8 * i)) == (ulong)bytes.Length, at, $"offset {i} in DL");
                AppendData(bytes, list.Link(1 + i), id, recordBytes);
            }

            at = list.Link(0);
        }

        return bytes.ToArray();
    }

    private void AppendData(MemoryStream bytes, long at, string id, int recordBytes)
    {
        if (Text(at + 2, 2) == id)
        {
            var plain = Block(at, id, 0);
            Check(plain.End > plain.Data, at, "data");
            bytes.Write(file, (int)plain.Data, (int)(plain.End - plain.Data));
            return;
        }

        var block = Block(at, "DZ", 0);
        Check(Text(block.Data, 2) == id, at, "original block type");
        int zip = file[block.Data + 2];
        int parameter = (int)U32(block.Data + 4);
        long original = (long)U64(block.Data + 8);
        long length = (long)U64(block.Data + 16);
        Check(block.End - block.Data == 24 + length, at, "length of DZ data");
        Check(original <= 4 << 20, at, "at most 4 MiB before compression");
        byte[] data = Inflate(file[(int)(block.Data + 24)..(int)block.End]);
        Check(data.Length == original, at, "original length");
        Check(zip is 0 or 1 && (zip == 0 ? parameter == 0 : parameter == recordBytes), at, "zip type and parameter");
        if (zip == 1)
        {
            byte[] columns = data;
            data = (byte[])data.Clone();
            int rows = data.Length / parameter;
            for (int i = 0; i < rows * parameter; i++) data[i] = columns[((i % parameter) * rows) + (i / parameter)];
        }

        bytes.Write(data);
    }

    private static byte[] Inflate(byte[] data)
    {
        using var stream = new ZLibStream(new MemoryStream(data), CompressionMode.Decompress);
        using var result = new MemoryStream();
        stream.CopyTo(result);
        return result.ToArray();
    }

    private string TextAt(long at, string? id = null)
    {
        if (at == 0) return "";
        var block = Block(at, id ?? Text(at + 2, 2), 0);
        Check(Text(at + 2, 2) is "TX" or "MD", at, "TX or MD");
        int end = Array.IndexOf(file, (byte)0, (int)block.Data);
        Check(end >= 0 && end < block.End, at, "zero-terminated text");
        return Encoding.UTF8.GetString(file, (int)block.Data, end - (int)block.Data);
    }

    private BlockView Block(long at, string id, int links)
    {
        Check(at >= 64 && at % 8 == 0 && at <= file.Length - 24, at, "block address");
        Check(Text(at, 2) == "##" && Text(at + 2, 2) == id, at, "block id ##" + id);
        Check(U32(at + 4) == 0, at + 4, "reserved bytes");
        long length = (long)U64(at + 8);
        long count = (long)U64(at + 16);
        Check(length >= 24 + (8 * count) && length <= file.Length - at, at + 8, "block length");
        Check(links < 0 || count == links, at + 16, $"{links} links");
        if (blocks.TryAdd(at, length)) BlockIds[id] = BlockIds.GetValueOrDefault(id) + 1;
        return new BlockView(this, at, length, (int)count);
    }

    private void CheckOverlaps()
    {
        long end = 0;
        foreach (var (at, length) in blocks)
        {
            Check(at >= end, at, "no overlap with the block before");
            end = at + length;
        }
    }

    private static void Check(bool condition, long at, string expected)
    {
        if (!condition) throw new InvalidDataException($"At byte {at}: expected {expected}.");
    }

    private string Text(long at, int length) => Encoding.Latin1.GetString(file, (int)at, length);

    private ushort U16(long at) => BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan((int)at));

    private uint U32(long at) => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan((int)at));

    private ulong U64(long at) => BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan((int)at));

    private double F64(long at) => BinaryPrimitives.ReadDoubleLittleEndian(file.AsSpan((int)at));

    private readonly record struct BlockView(SpecificationMdfReader Reader, long At, long Length, int Links)
    {
        public long Data => At + 24 + (8 * Links);

        public long End => At + Length;

        public long Link(int index)
        {
            long target = (long)Reader.U64(At + 24 + (8 * index));
            Check(target == 0 || (target % 8 == 0 && target < Reader.file.Length), At, $"link {index}");
            return target;
        }
    }
}
