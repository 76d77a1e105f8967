using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Mesh.Model;

namespace Mesh.Storage.S3;

public sealed partial class S3ObjectStore
{
    private const string RuleMark = "mesh:";

    /// <inheritdoc/>
    public async ValueTask SetTagsAsync(string key, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        var request = new PutObjectTaggingRequest
        {
            BucketName = bucket, Key = FullKey(key), Tagging = new Tagging { TagSet = [.. tags.Select(tag => new Tag { Key = tag.Key, Value = tag.Value })] },
        };
        await connection.RunAsync($"tagging '{UriOf(key)}'", token => connection.Client.PutObjectTaggingAsync(request, token), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyDictionary<string, string>> GetTagsAsync(string key, CancellationToken cancellationToken)
    {
        var request = new GetObjectTaggingRequest { BucketName = bucket, Key = FullKey(key) };
        var answer = await connection.RunAsync(
            $"reading the tags of '{UriOf(key)}'", token => connection.Client.GetObjectTaggingAsync(request, token), cancellationToken).ConfigureAwait(false);
        return (answer.Tagging ?? []).ToDictionary(tag => tag.Key, tag => tag.Value, StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The store copies the object onto itself, so its time of writing and its ETag are new; the bytes do not travel. <c>MESH8037</c> when
    /// it is larger than 5 GiB: leave such objects to a lifecycle rule.
    /// </remarks>
    public async ValueTask SetStorageClassAsync(string key, string storageClass, CancellationToken cancellationToken)
    {
        string full = FullKey(key);
        string uri = UriOf(key);
        var head = await connection.RunAsync($"moving '{uri}'", token => connection.Client.GetObjectMetadataAsync(bucket, full, token), cancellationToken).ConfigureAwait(false);
        if ((head.StorageClass?.Value ?? "STANDARD") == storageClass) return;
        if (head.ContentLength > S3Put.MaxBytes)
        {
            throw new MeshException("MESH8037", $"'{uri}' is larger than 5 GiB, the most that moves at once. Leave it to a lifecycle rule.");
        }

        var request = new CopyObjectRequest
        {
            SourceBucket = bucket,
            SourceKey = full,
            DestinationBucket = bucket,
            DestinationKey = full,
            ETagToMatch = head.ETag,
            StorageClass = new S3StorageClass(storageClass),
            MetadataDirective = S3MetadataDirective.COPY,
        };
        try
        {
            await connection.SendAsync(token => connection.Client.CopyObjectAsync(request, token), cancellationToken, head.ContentLength).ConfigureAwait(false);
        }
        catch (AmazonServiceException exception) when (exception.StatusCode == HttpStatusCode.BadRequest)
        {
            throw new MeshException("MESH8004", $"The store cannot move '{uri}' to the storage class {storageClass}: {exception.Message} Use a class that the store has.", innerException: exception);
        }
        catch (Exception exception) when (exception is not MeshException && !cancellationToken.IsCancellationRequested && S3Failure.Is(exception))
        {
            throw S3Failure.Translate(exception, $"moving '{uri}' to {storageClass}");
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<LifecycleRule>> GetLifecycleAsync(CancellationToken cancellationToken) =>
        [.. (await ReadRulesAsync(cancellationToken).ConfigureAwait(false)).Where(IsOurs).Select(OurRule)];

    /// <inheritdoc/>
    public async ValueTask SetLifecycleAsync(IReadOnlyList<LifecycleRule> rules, CancellationToken cancellationToken)
    {
        var all = (await ReadRulesAsync(cancellationToken).ConfigureAwait(false)).Where(rule => !IsOurs(rule)).ToList();
        all.AddRange(rules.Select(BucketRule));
        string what = $"setting the lifecycle rules of '{bucket}'";
        if (all.Count == 0)
        {
            await connection.RunAsync(what, token => connection.Client.DeleteLifecycleConfigurationAsync(bucket, token), cancellationToken).ConfigureAwait(false);
            return;
        }

        var request = new PutLifecycleConfigurationRequest { BucketName = bucket, Configuration = new LifecycleConfiguration { Rules = all } };
        await connection.RunAsync(what, token => connection.Client.PutLifecycleConfigurationAsync(request, token), cancellationToken).ConfigureAwait(false);
    }

    private string RulePrefix => $"{RuleMark}{keyPrefix}:";

    private bool IsOurs(Amazon.S3.Model.LifecycleRule rule) => rule.Id?.StartsWith(RulePrefix, StringComparison.Ordinal) == true;

    private async ValueTask<List<Amazon.S3.Model.LifecycleRule>> ReadRulesAsync(CancellationToken cancellationToken)
    {
        string what = $"reading the lifecycle rules of '{bucket}'";
        try
        {
            var answer = await connection.SendAsync(token => connection.Client.GetLifecycleConfigurationAsync(bucket, token), cancellationToken).ConfigureAwait(false);
            return answer.Configuration?.Rules ?? [];
        }
        catch (AmazonServiceException exception) when (exception.ErrorCode == "NoSuchLifecycleConfiguration")
        {
            return [];
        }
        catch (Exception exception) when (exception is not MeshException && !cancellationToken.IsCancellationRequested && S3Failure.Is(exception))
        {
            throw S3Failure.Translate(exception, what);
        }
    }

    private Amazon.S3.Model.LifecycleRule BucketRule(LifecycleRule rule)
    {
        // By predicates: the SDK's newer properties of a filter are neither sent nor read, and a rule without its prefix takes the whole bucket.
        var prefix = new LifecyclePrefixPredicate { Prefix = keyPrefix + rule.Prefix };
        LifecycleFilterPredicate predicate = rule.Tags.Count == 0
            ? prefix
            : new LifecycleAndOperator
            {
                Operands = [prefix, .. rule.Tags.Select(tag => new LifecycleTagPredicate { Tag = new Tag { Key = tag.Key, Value = tag.Value } })],
            };

        return new Amazon.S3.Model.LifecycleRule
        {
            Id = RulePrefix + rule.Id,
            Status = LifecycleRuleStatus.Enabled,
            Filter = new LifecycleFilter { LifecycleFilterPredicate = predicate },
            Transitions = rule.Transitions.Count == 0
                ? null
                : [.. rule.Transitions.Select(move => new Amazon.S3.Model.LifecycleTransition { Days = move.Days, StorageClass = new S3StorageClass(move.StorageClass) })],
            Expiration = rule.ExpirationDays is { } days ? new LifecycleRuleExpiration { Days = days } : null,
            AbortIncompleteMultipartUpload = rule.AbortUploadsDays is { } age ? new LifecycleRuleAbortIncompleteMultipartUpload { DaysAfterInitiation = age } : null,
        };
    }

    private LifecycleRule OurRule(Amazon.S3.Model.LifecycleRule rule)
    {
        var predicates = rule.Filter?.LifecycleFilterPredicate is LifecycleAndOperator and ? and.Operands : [rule.Filter?.LifecycleFilterPredicate];
        string prefix = predicates.OfType<LifecyclePrefixPredicate>().FirstOrDefault()?.Prefix ?? "";
        return new LifecycleRule(rule.Id[RulePrefix.Length..], prefix.StartsWith(keyPrefix, StringComparison.Ordinal) ? prefix[keyPrefix.Length..] : prefix)
        {
            Tags = predicates.OfType<LifecycleTagPredicate>().ToDictionary(tag => tag.Tag.Key, tag => tag.Tag.Value, StringComparer.Ordinal),
            Transitions = [.. (rule.Transitions ?? []).Select(move => new LifecycleTransition(move.Days ?? 0, move.StorageClass.Value))],
            ExpirationDays = rule.Expiration?.Days,
            AbortUploadsDays = rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation,
        };
    }
}
