using System.Text.Json;
using Mesh.Commands.Configuration;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Storage.S3;

namespace Mesh.Commands.State;

/// <summary>
/// Where a state directory's tables, recordings and artefacts of runs lie: in its own folders, or under <c>lake/</c>, <c>landing/</c> and
/// <c>experiments/</c> of a place in S3
/// (setting <c>storage.uri</c>). The place is noted in <c>DIR/storage.json</c>, so that commands that read find it and a server that was given
/// another one does not begin an empty lake beside the full one. Credentials are not noted.
/// </summary>
public sealed class LakeStorage : IDisposable
{
    private const string FileName = "storage.json";

    private LakeStorage(IObjectStore lake, IObjectStore landing, IObjectStore experiments, TimeProvider? time = null)
    {
        Lake = new MeteredObjectStore(lake, "lake", time ?? TimeProvider.System);
        Landing = new MeteredObjectStore(landing, "landing", time ?? TimeProvider.System);
        Experiments = new MeteredObjectStore(experiments, "experiments", time ?? TimeProvider.System);
    }

    /// <summary>Tables.</summary>
    public MeteredObjectStore Lake { get; }

    /// <summary>Recordings as they arrived.</summary>
    public MeteredObjectStore Landing { get; }

    /// <summary>Artefacts that clients logged to runs.</summary>
    public MeteredObjectStore Experiments { get; }

    /// <summary>What engines need to reach the tables: settings by the names Iceberg's clients have for them, credentials never. Empty for folders.</summary>
    public IReadOnlyDictionary<string, string> ClientSettings
    {
        get
        {
            var settings = new Dictionary<string, string>();
            if (Lake.Inner is not S3ObjectStore store) return settings;
            settings["client.region"] = store.Region;
            if (store.Endpoint is null) return settings;
            settings["s3.endpoint"] = store.Endpoint;
            settings["s3.path-style-access"] = "true";
            return settings;
        }
    }

    /// <summary>Opens them for a server. A store in S3 is tried out first.</summary>
    /// <exception cref="MeshException">
    /// <c>MESH11001</c> a setting is wrong; <c>MESH11014</c> the directory's tables are elsewhere; <c>MESH8030</c> to <c>MESH8035</c> from the store.
    /// </exception>
    public static async ValueTask<LakeStorage> OpenAsync(StateDirectory state, Settings settings, TimeProvider time, CancellationToken cancellationToken)
    {
        var place = PlaceOf(state, settings);
        if (place.Uri is null) return new LakeStorage(new LocalObjectStore(state.Lake, time), new LocalObjectStore(state.Landing, time), new LocalObjectStore(state.Experiments, time), time);

        var options = OptionsOf(place, settings, state.Spill);
        var opened = new List<S3ObjectStore>();
        try
        {
            foreach (string part in new[] { "lake", "landing", "experiments" })
            {
                opened.Add(await S3ObjectStore.OpenAsync($"{place.Uri}/{part}", options, time, cancellationToken).ConfigureAwait(false));
            }

            var storage = new LakeStorage(opened[0], opened[1], opened[2], time);
            place.Write(state.Root);
            return storage;
        }
        catch
        {
            foreach (var store in opened) store.Dispose();
            throw;
        }
    }

    /// <summary>Opens them for reading, beside a server or without one; nothing is written.</summary>
    public static LakeStorage OpenForReading(StateDirectory state, Settings settings)
    {
        var place = (Place.Read(state.Root) ?? new Place(null, null, null)).OverriddenBy(settings);
        if (place.Uri is null) return new LakeStorage(new LocalObjectStore(state.Lake), new LocalObjectStore(state.Landing), new LocalObjectStore(state.Experiments));
        var options = OptionsOf(place, settings, Path.GetTempPath());
        return new LakeStorage(
            S3ObjectStore.OpenForReading($"{place.Uri}/lake", options), S3ObjectStore.OpenForReading($"{place.Uri}/landing", options), S3ObjectStore.OpenForReading($"{place.Uri}/experiments", options));
    }

    /// <summary>Tries out the store that the settings name, or where the tables of a state directory are; its root's URI, or null for folders.</summary>
    /// <exception cref="MeshException">As <see cref="OpenAsync"/>.</exception>
    public static async ValueTask<string?> ExamineAsync(StateDirectory? state, Settings settings, CancellationToken cancellationToken)
    {
        var place = state is null ? Place.Of(settings) : PlaceOf(state, settings);
        if (place.Uri is null) return null;
        using var store = await S3ObjectStore.OpenAsync(
            $"{place.Uri}/lake", OptionsOf(place, settings, Path.GetTempPath()), TimeProvider.System, cancellationToken).ConfigureAwait(false);
        return place.Uri;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Lake.Dispose();
        Landing.Dispose();
        Experiments.Dispose();
    }

    /// <summary>The place that the settings name, else the noted one; refused when they are two.</summary>
    private static Place PlaceOf(StateDirectory state, Settings settings)
    {
        var place = Place.Of(settings);
        var noted = Place.Read(state.Root);
        bool hasFolders = noted is null && Directory.Exists(state.Lake) && Directory.EnumerateFileSystemEntries(state.Lake).Any();
        if (place.Uri is not null && (hasFolders || (noted is not null && noted.Uri != place.Uri)))
        {
            throw new MeshException("MESH11014", $"The tables of '{state.Root}' are in {noted?.Uri ?? state.Lake}, but `storage.uri` says {place.Uri}. Correct the setting, or begin another state directory with `--data DIR`.");
        }

        return place.OrElse(noted);
    }

    private static S3Options OptionsOf(Place place, Settings settings, string spoolFolder)
    {
        string? accessKey = settings.Text(SettingKeys.StorageAccessKey);
        string? secretKey = settings.Text(SettingKeys.StorageSecretKey);
        if (accessKey is null != secretKey is null)
        {
            throw new MeshException("MESH11001", "`storage.accessKey` and `storage.secretKey` go together: give both, or neither to take the credentials that AWS tools take.");
        }

        return new S3Options
        {
            Endpoint = place.Endpoint,
            Region = place.Region,
            Credentials = accessKey is null ? null : new S3Credentials(accessKey, secretKey!),
            SpoolFolder = spoolFolder,
        };
    }

    private sealed record Place(string? Uri, string? Endpoint, string? Region)
    {
        public static Place Of(Settings settings)
        {
            string? uri = settings.Text(SettingKeys.StorageUri)?.TrimEnd('/');
            if (uri is not null && !S3ObjectStore.IsUri(uri))
            {
                throw new MeshException("MESH11001", $"`storage.uri` is '{uri}' ({settings[SettingKeys.StorageUri].Source}), but should be empty or s3://BUCKET/PREFIX.");
            }

            return new Place(uri, settings.Text(SettingKeys.StorageEndpoint), settings.Text(SettingKeys.StorageRegion));
        }

        public static Place? Read(string root)
        {
            string path = Path.Combine(root, FileName);
            try
            {
                return File.Exists(path) ? JsonSerializer.Deserialize<Place>(File.ReadAllBytes(path), MeshJson.Options) : null;
            }
            catch (JsonException exception)
            {
                throw new MeshException("MESH11014", $"'{path}' is damaged: {exception.Message} Write {{\"uri\": \"s3://BUCKET/PREFIX\"}} with the place of the tables.", innerException: exception);
            }
        }

        public void Write(string root) => AtomicFile.Write(Path.Combine(root, FileName), JsonSerializer.SerializeToUtf8Bytes(this, MeshJson.Options));

        public Place OrElse(Place? noted) => new(Uri ?? noted?.Uri, Endpoint ?? noted?.Endpoint, Region ?? noted?.Region);

        // The tables are where they were noted to be; how to get there may have changed.
        public Place OverriddenBy(Settings settings) => this with
        {
            Endpoint = settings.Text(SettingKeys.StorageEndpoint) ?? Endpoint, Region = settings.Text(SettingKeys.StorageRegion) ?? Region,
        };
    }
}
