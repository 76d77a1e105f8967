using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mesh.Model;

namespace Mesh.Training.Kubernetes;

/// <summary>The service account that Kubernetes gives to the pod in which Mesh runs.</summary>
internal static class ServiceAccount
{
    /// <summary>Where its files are.</summary>
    public const string Folder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>Reads it.</summary>
    /// <param name="folder">Where its files are; <see cref="Folder"/>.</param>
    /// <param name="host">Value of <c>KUBERNETES_SERVICE_HOST</c>.</param>
    /// <param name="port">Value of <c>KUBERNETES_SERVICE_PORT</c>.</param>
    /// <exception cref="MeshException"><c>MESH9110</c> when there is none.</exception>
    public static ClusterAccess Read(string folder, string? host, string? port)
    {
        string tokenFile = Path.Combine(folder, "token");
        if (string.IsNullOrEmpty(host) || !File.Exists(tokenFile))
        {
            throw new MeshException("MESH9110", "Mesh does not run in a pod with a service account, and the pool names no kubeconfig. Set pools.NAME.kubeconfig.");
        }

        try
        {
            var authorities = new X509Certificate2Collection();
            string authority = Path.Combine(folder, "ca.crt");
            if (File.Exists(authority)) authorities.ImportFromPemFile(authority);
            string space = Path.Combine(folder, "namespace");
            return new ClusterAccess
            {
                Server = new Uri($"https://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port ?? "443"}/"),
                Namespace = File.Exists(space) ? File.ReadAllText(space).Trim() : "default",
                Authorities = authorities,
                Token = () => File.ReadAllText(tokenFile).Trim(),
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new MeshException("MESH9110", $"The service account in '{folder}' cannot be read: {exception.Message}", innerException: exception);
        }
    }
}
