namespace Mesh.Broker.Registry;

/// <summary>Why data written with one schema cannot be read with another.</summary>
/// <param name="Type">Kind, named as in Confluent's registry.</param>
/// <param name="Description">For people, with the place; <c>{reader}</c> and <c>{writer}</c> stand for the two schemas.</param>
/// <param name="Info">What an Avro message adds; null for other types.</param>
internal sealed record Incompatibility(string Type, string Description, string? Info = null)
{
    /// <summary>The message in the form of Confluent's registry.</summary>
    /// <param name="reader">Which schema reads: new or old.</param>
    /// <param name="writer">Which one wrote.</param>
    public string Message(string reader, string writer)
    {
        string description = Description.Replace("{reader}", reader, StringComparison.Ordinal).Replace("{writer}", writer, StringComparison.Ordinal);
        return Info is null ? $"{{errorType:\"{Type}\", description:\"{description}\"}}" : $"{{errorType:'{Type}', description:'{description}', additionalInfo:'{Info}'}}";
    }
}
