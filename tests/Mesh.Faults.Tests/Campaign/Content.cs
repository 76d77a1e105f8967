using System.Globalization;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>What is in a recording, as numbers that follow from the seed.</summary>
/// <param name="Seed">Seed of the campaign.</param>
/// <param name="Number">Which content.</param>
/// <param name="Format">Format.</param>
/// <param name="Fault">What is wrong with it.</param>
/// <param name="References">Messages of the reference channel; the others have more.</param>
/// <param name="BigBytes">Text bytes of the big message of <see cref="ContentFault.BigMessage"/>.</param>
internal sealed record Content(int Seed, int Number, ContentFormat Format, ContentFault Fault, int References, int BigBytes)
{
    public const string Reference = "/reference", Left = "/left", Right = "/right", Strange = "/strange";

    /// <summary>Nominal time between two messages of the fastest channel, which all others are multiples of.</summary>
    public const long TickNs = 10_000_000;

    /// <summary>The big message is the first of this channel.</summary>
    public const string BigChannel = Right;

    /// <summary>How many messages each channel has, as written.</summary>
    public IReadOnlyDictionary<string, int> Counts { get; } = CountsOf(Fault, References);

    /// <summary>Whether rows may be missing because bytes are; else every message has its row or its dead letter.</summary>
    public bool IsDamaged => Fault is ContentFault.Truncated or ContentFault.Flipped or ContentFault.ZeroTail or ContentFault.Unfinalised or ContentFault.BadCrc
        or ContentFault.ZipBomb or ContentFault.AbsurdLength or ContentFault.Nonsense;

    /// <summary>Time of its first message.</summary>
    public long StartNs => 1_760_000_000_000_000_000 + (Number * 100_000_000_000L);

    public string FileName => string.Create(CultureInfo.InvariantCulture, $"{Number}-{Format}-{Fault}.bin");

    public long TokenOf(string channel, long index) => Derived.Token(Seed, Number, channel, index);

    public string TextOf(string channel, long index) =>
        Fault == ContentFault.BigMessage && channel == BigChannel && index == 0 ? BigText(TokenOf(channel, index)) : Derived.Text(TokenOf(channel, index));

    /// <summary>Whether a message cannot become a row.</summary>
    public bool IsPoison(string channel, long index) => Fault switch
    {
        ContentFault.BrokenPayloads => channel == Left && index % 7 == 3,
        ContentFault.TimeBeyond => channel == Left && index == Counts[Left] - 1,
        ContentFault.UnknownSchema => channel == Strange,
        _ => false,
    };

    /// <summary>Whether a message has the schema with one field more.</summary>
    public bool IsSecondSchema(string channel, long index) => Fault == ContentFault.SchemaChange && channel == Left && index >= Counts[Left] / 2;

    /// <summary>A text that does not compress to nothing: as a file it is still half its length.</summary>
    private string BigText(long token)
    {
        byte[] bytes = new byte[BigBytes / 2];
        new Random((int)token).NextBytes(bytes);
        return Convert.ToHexString(bytes);
    }

    private static Dictionary<string, int> CountsOf(ContentFault fault, int references)
    {
        var counts = new Dictionary<string, int> { [Reference] = references, [Left] = references * 10, [Right] = references * 5 };
        if (fault == ContentFault.UnknownSchema) counts[Strange] = references;
        return counts;
    }
}
