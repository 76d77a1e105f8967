using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Mesh.Model;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Mesh.Training.Kubernetes;

/// <summary>
/// Reads a kubeconfig: server, certificate authority, client certificate, token. What would run a program (<c>exec</c>) or skip checks
/// (<c>insecure-skip-tls-verify</c>) is refused.
/// </summary>
internal static class Kubeconfig
{
    /// <summary>Reads a context of a file.</summary>
    /// <param name="path">The file; paths within it are relative to it.</param>
    /// <param name="context">The context; null for the current one.</param>
    /// <exception cref="MeshException"><c>MESH9110</c> the file is wrong; <c>MESH9111</c> it asks for what is not supported.</exception>
    public static ClusterAccess Read(string path, string? context)
    {
        try
        {
            using var reader = File.OpenText(path);
            var stream = new YamlStream();
            stream.Load(reader);
            if (stream.Documents.Count == 0 || stream.Documents[0].RootNode is not YamlMappingNode root) throw Wrong(path, "it is empty");
            string name = context ?? Text(root, "current-context") ?? throw Wrong(path, "it has no current-context; set pools.NAME.context");
            var chosen = Named(root, "contexts", "context", name) ?? throw Wrong(path, $"it has no context '{name}'");
            string clusterName = Text(chosen, "cluster") ?? throw Wrong(path, $"context '{name}' names no cluster");
            var cluster = Named(root, "clusters", "cluster", clusterName) ?? throw Wrong(path, $"it has no cluster '{clusterName}'");
            var user = Text(chosen, "user") is { } userName ? Named(root, "users", "user", userName) ?? throw Wrong(path, $"it has no user '{userName}'") : new YamlMappingNode();
            return Make(path, Text(chosen, "namespace") ?? "default", cluster, user);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or YamlException or CryptographicException or FormatException)
        {
            throw Wrong(path, exception.Message, exception);
        }
    }

    private static ClusterAccess Make(string path, string space, YamlMappingNode cluster, YamlMappingNode user)
    {
        Refuse(path, cluster, "insecure-skip-tls-verify", "give the server's certificate authority with certificate-authority or certificate-authority-data");
        foreach (string way in (string[])["exec", "auth-provider"])
        {
            Refuse(path, user, way, "a server should not start login programs; give a service account's token or a client certificate");
        }

        Refuse(path, user, "username", "Kubernetes has no passwords any more; give a token or a client certificate");
        string server = Text(cluster, "server") ?? throw Wrong(path, "the cluster has no server");
        if (!Uri.TryCreate(server.TrimEnd('/') + "/", UriKind.Absolute, out var uri)) throw Wrong(path, $"'{server}' is no address");
        var authorities = new X509Certificate2Collection();
        if (Pem(path, cluster, "certificate-authority") is { } authority) authorities.ImportFromPem(authority);
        string? certificate = Pem(path, user, "client-certificate");
        string? key = Pem(path, user, "client-key");
        if (certificate is null != key is null) throw Wrong(path, "a client certificate needs its key, and a key its certificate");
        string? token = Text(user, "token");
        string? tokenFile = Text(user, "tokenFile") is { } file ? Resolve(path, file) : null;
        return new ClusterAccess
        {
            Server = uri,
            Namespace = space,
            Authorities = authorities,
            ClientCertificate = certificate is null ? null : X509Certificate2.CreateFromPem(certificate, key),
            Token = tokenFile is not null ? () => File.ReadAllText(tokenFile).Trim() : () => token,
        };
    }

    private static void Refuse(string path, YamlMappingNode node, string key, string remedy)
    {
        if (Child(node, key) is null || Text(node, key) == "false") return;
        throw new MeshException("MESH9111", $"{path}: `{key}` is not supported: {remedy}.");
    }

    // Data counts before the file of the same name, as in kubectl.
    private static string? Pem(string path, YamlMappingNode node, string key)
    {
        if (Text(node, key + "-data") is { Length: > 0 } data) return Encoding.UTF8.GetString(Convert.FromBase64String(data));
        return Text(node, key) is { Length: > 0 } file ? File.ReadAllText(Resolve(path, file)) : null;
    }

    private static string Resolve(string path, string file) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, file);

    private static YamlMappingNode? Named(YamlMappingNode root, string list, string item, string name) =>
        (Child(root, list) as YamlSequenceNode)?.Children.OfType<YamlMappingNode>().Where(entry => Text(entry, "name") == name).Select(entry => Child(entry, item)).OfType<YamlMappingNode>().FirstOrDefault();

    private static YamlNode? Child(YamlMappingNode node, string key) => node.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;

    private static string? Text(YamlMappingNode node, string key) => (Child(node, key) as YamlScalarNode)?.Value;

    private static MeshException Wrong(string path, string what, Exception? inner = null) =>
        new("MESH9110", $"The kubeconfig '{path}' cannot be used: {what.TrimEnd('.')}.", innerException: inner);
}
