namespace Mesh.Storage.S3;

/// <summary>An access key. Never shown: its text says only that there is one.</summary>
public sealed class S3Credentials(string accessKey, string secretKey)
{
    internal string AccessKey => accessKey;

    internal string SecretKey => secretKey;

    /// <inheritdoc/>
    public override string ToString() => "(set)";
}
