using Mesh.Broker.Protocol;

namespace Mesh.Broker.Groups;

/// <summary>The topics in a consumer's subscription, which the group protocol itself does not look into (ConsumerProtocolSubscription).</summary>
internal static class ConsumerSubscription
{
    /// <summary>Protocol type of groups whose members send one.</summary>
    public const string ProtocolType = "consumer";

    /// <returns>The topics; null when the metadata is something else.</returns>
    public static IReadOnlySet<string>? Topics(byte[] metadata)
    {
        try
        {
            var reader = new ProtocolReader(metadata);
            reader.Int16();
            return reader.Array(static topic => topic.String()).ToHashSet(StringComparer.Ordinal);
        }
        catch (ProtocolException)
        {
            return null;
        }
    }
}
