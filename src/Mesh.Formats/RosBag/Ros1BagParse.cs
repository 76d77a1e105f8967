namespace Mesh.Formats.RosBag;

/// <summary>What <see cref="Ros1BagRecord.TryParse"/> found.</summary>
internal enum Ros1BagParse
{
    Record,

    NeedMoreBytes,

    NotARecord,
}
