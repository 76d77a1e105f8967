using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mesh.Broker.Tests.Conformance;

/// <summary>A record as it goes to a client and as one has read it.</summary>
internal sealed record ForeignRecord
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    [JsonPropertyName("partition")]
    public int Partition { get; init; }

    [JsonPropertyName("offset")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Offset { get; init; }

    [JsonPropertyName("key")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public byte[]? Key { get; init; }

    [JsonPropertyName("value")]
    public byte[]? Value { get; init; }

    [JsonPropertyName("timestamp")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Timestamp { get; init; }

    /// <summary>Name and value of each header.</summary>
    [JsonPropertyName("headers")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string?[][]? Headers { get; init; }

    [JsonIgnore]
    public string? Text => Value is null ? null : Encoding.UTF8.GetString(Value);

    /// <summary>All that must come back as it was sent, in a form that two of can be compared and read.</summary>
    [JsonIgnore]
    public string Content => $"{Partition} {Show(Key)} {Show(Value)} {string.Join(',', (Headers ?? []).Select(header => string.Join('=', header)))}";

    public static ForeignRecord Of(string value, int partition = 0, string? key = null) =>
        new() { Partition = partition, Value = Encoding.UTF8.GetBytes(value), Key = key is null ? null : Encoding.UTF8.GetBytes(key) };

    public static List<ForeignRecord> From(JsonElement answer) => [.. answer.GetProperty("records").EnumerateArray().Select(each => each.Deserialize<ForeignRecord>(Json)!)];

    private static string Show(byte[]? bytes) => bytes is null ? "null" : bytes.Length > 100 ? $"{bytes.Length} bytes {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes))[..16]}" : $"'{Convert.ToHexString(bytes)}'";
}
