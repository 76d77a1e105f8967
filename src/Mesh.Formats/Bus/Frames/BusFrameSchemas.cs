namespace Mesh.Formats.Bus.Frames;

/// <summary>Schemas of typed frames: name <c>can_frames</c> and kin, the layout's name and version as data.</summary>
internal static class BusFrameSchemas
{
    /// <summary>Encoding of messages and of their schemas.</summary>
    public const string Encoding = "bus-frame";

    private static readonly MessageSchema[] Schemas = [Make("can"), Make("lin"), Make("flexray"), Make("ethernet")];

    public static MessageSchema Of(BusKind kind) => Schemas[(int)kind];

    public static string TopicOf(BusKind kind, int channel) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{NameOf(kind)}/{channel}");

    /// <exception cref="Mesh.Model.MeshException"><c>MESH10508</c>: the frames are of another layout than this program knows.</exception>
    public static BusKind KindOf(MessageSchema schema)
    {
        for (int i = 0; i < Schemas.Length; i++)
        {
            if (schema.Data.Span.SequenceEqual(Schemas[i].Data.Span)) return (BusKind)i;
        }

        string found = System.Text.Encoding.UTF8.GetString(schema.Data.Span[..Math.Min(schema.Data.Length, 32)]);
        throw new Mesh.Model.MeshException("MESH10508", $"Schema '{schema.Name}' is of frame layout '{found}', which is not known; known are can 1, lin 1, flexray 1 and ethernet 1. Use the version that wrote it, or a later one.");
    }

    private static string NameOf(BusKind kind) => kind switch
    {
        BusKind.Can => "can",
        BusKind.Lin => "lin",
        BusKind.FlexRay => "flexray",
        _ => "ethernet",
    };

    private static MessageSchema Make(string bus) => new(bus + "_frames", Encoding, System.Text.Encoding.UTF8.GetBytes(bus + " 1"));
}
