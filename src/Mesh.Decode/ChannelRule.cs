using System.IO.Enumeration;
using Mesh.Lakehouse.Iceberg;

namespace Mesh.Decode;

/// <summary>Selects channels by globs (<c>*</c> any text, slashes included; <c>?</c> one character).</summary>
/// <param name="Schema">Name of the message type; null for any.</param>
/// <param name="Topic">Topic as recorded; null for any.</param>
public sealed record ChannelRule(string? Schema, string? Topic)
{
    /// <summary>Pseudonym of the vehicle; null for any.</summary>
    public string? Vehicle { get; init; }

    /// <summary>What a changed schema of the channels meant may do to their table; null for what the section says.</summary>
    public SchemaChangePolicy? OnSchemaChange { get; init; }

    /// <summary>Whether a channel of a vehicle's recording is meant.</summary>
    public bool Matches(string schemaName, string topic, string vehicleId) =>
        IsMatch(Schema, schemaName) && IsMatch(Topic, topic) && IsMatch(Vehicle, vehicleId);

    /// <summary>For people: <c>schema sensor_msgs/* of vehicle V1*</c>.</summary>
    public override string ToString()
    {
        string[] parts = [.. new[] { Schema is null ? null : $"schema {Schema}", Topic is null ? null : $"topic {Topic}" }.OfType<string>()];
        string channels = parts.Length == 0 ? "every channel" : string.Join(" and ", parts);
        return Vehicle is null ? channels : $"{channels} of vehicle {Vehicle}";
    }

    private static bool IsMatch(string? glob, string name) =>
        glob is null || FileSystemName.MatchesSimpleExpression(glob, name, ignoreCase: false);
}
