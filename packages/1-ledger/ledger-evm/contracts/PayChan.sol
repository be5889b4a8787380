// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// What a channel asks of a token: the three calls of ERC-20 that move money.
interface Token {
    function balanceOf(address account) external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/**
 * One-way payment channels. A source escrows a deposit and signs claims: running totals, each worth more than
 * the last. A destination redeems the best one whenever it likes. Two channels make a peering.
 *
 * Nobody owns this contract, and nothing in it can be changed, paused or charged for.
 *
 *             open                  requestClose             withdraw, after settleDelay
 *   (never) ---------> open <------------------> closing ------------------------------> closed
 *            topUp, claim |         topUp           | claim                                 ^
 *                         +-------------------------+---------------------------------------+
 *                              close, closeSigned
 *
 * - A channel is named by its terms, this contract and the chain, so neither a claim nor an id is good
 *   anywhere else, and an id is used once: a closed channel keeps its slot.
 * - Claims are signed by a plain key that the terms name. No ERC-1271: a signer whose code can change could
 *   make good claims bad, which is the destination's risk and not its choice.
 * - No party can stand in the other's way: money that an account does not take is owed to it.
 */
contract PayChan {
    /// What is fixed when a channel is opened. It travels in calldata; only its hash is stored.
    struct Terms {
        /// Escrows, and gets back what is not claimed.
        address source;
        /// Is paid.
        address destination;
        /// Its key signs claims. May differ from the source: a hot key beside a cold one.
        address signer;
        /// ERC-20 contract, or zero for the chain's own money.
        address token;
        /// Seconds that the destination has left to redeem once the source asks to close.
        uint32 settleDelay;
        /// Tells apart channels that are otherwise alike.
        bytes32 salt;
    }

    /// One storage slot.
    struct Channel {
        /// Escrowed in all, ever; zero for a channel that never was.
        uint96 deposit;
        /// Paid to the destination in all, ever; at most `deposit`.
        uint96 claimed;
        /// From this time on the source may withdraw; zero: nobody asked.
        uint40 closesAt;
        bool closed;
    }

    /// `amount` in all, signed by the channel's signer in the compact form of EIP-2098.
    struct Claim {
        Terms terms;
        uint96 amount;
        bytes32 r;
        bytes32 vs;
    }

    event Opened(
        bytes32 indexed id,
        address indexed source,
        address indexed destination,
        address signer,
        address token,
        uint32 settleDelay,
        bytes32 salt,
        uint96 deposit
    );
    event ToppedUp(bytes32 indexed id, uint96 deposit);
    event Claimed(bytes32 indexed id, uint96 claimed);
    event CloseRequested(bytes32 indexed id, uint40 closesAt);
    event CloseCancelled(bytes32 indexed id);
    event Closed(bytes32 indexed id, uint96 claimed, uint96 refund);
    event Owed(address indexed token, address indexed account, uint256 amount);

    error BadTerms();
    error AlreadyOpened();
    error NoChannel();
    error WrongParty();
    error NotIncreasing();
    error OverDeposit();
    error BadSignature();
    error AlreadyClosing();
    error TooEarly();
    error WrongAmount();
    error TransferFailed();
    error TooLittleGas();
    error Reentered();

    address private constant NATIVE = address(0);

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    /// The type that TIP-1034 signs, so that one signer serves both under their own domains.
    bytes32 private constant CLAIM_TYPEHASH = keccak256("Voucher(bytes32 channelId,uint96 cumulativeAmount)");
    bytes32 private constant CLOSE_TYPEHASH = keccak256("Close(bytes32 channelId,uint96 cumulativeAmount)");

    /// What the code of an account may use when it is sent the chain's own money.
    uint256 private constant RECEIVE_GAS = 50_000;
    /// What must be left when money goes out, lest who pays for the gas could make it fail by giving little.
    uint256 private constant PAY_GAS_MIN = 120_000;

    uint256 private immutable _chainId = block.chainid;
    bytes32 private immutable _domainSeparator = _computeDomainSeparator();

    mapping(bytes32 id => Channel) private _channels;
    /// Money that an account did not take when it was sent, by token.
    mapping(address token => mapping(address account => uint256)) public owed;

    bool private transient _entered;

    modifier nonReentrant() {
        if (_entered) revert Reentered();
        _entered = true;
        _;
        _entered = false;
    }

    // ---- Views

    function channelId(Terms calldata terms) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), terms));
    }

    function getStates(bytes32[] calldata ids) external view returns (Channel[] memory channels) {
        channels = new Channel[](ids.length);
        for (uint256 i; i < ids.length; ++i) channels[i] = _channels[ids[i]];
    }

    function domainSeparator() public view returns (bytes32) {
        // After a fork of the chain, claims of the other branch must not count on this one.
        return block.chainid == _chainId ? _domainSeparator : _computeDomainSeparator();
    }

    // ---- Money in

    /// Opens a channel with `deposit` in it, by its source.
    function open(Terms calldata terms, uint96 deposit) external payable nonReentrant {
        if (msg.sender != terms.source) revert WrongParty();
        if (terms.destination == address(0) || terms.signer == address(0) || deposit == 0) revert BadTerms();
        bytes32 id = channelId(terms);
        Channel storage channel = _channels[id];
        if (channel.deposit != 0) revert AlreadyOpened();
        channel.deposit = deposit;
        emit Opened(
            id,
            terms.source,
            terms.destination,
            terms.signer,
            terms.token,
            terms.settleDelay,
            terms.salt,
            deposit
        );
        _collect(terms.token, deposit);
    }

    /**
     * Adds what lacks until `deposit` is escrowed in all, by the source. Cancels a close that it asked for; with
     * nothing to add it does only that. A target and not a sum: sent twice, it pays once.
     */
    function topUp(Terms calldata terms, uint96 deposit) external payable nonReentrant {
        (bytes32 id, Channel memory channel) = _load(terms);
        if (msg.sender != terms.source) revert WrongParty();
        bool cancels = channel.closesAt != 0;
        if (deposit < channel.deposit || (deposit == channel.deposit && !cancels)) revert NotIncreasing();
        uint96 lacking = deposit - channel.deposit;
        channel.deposit = deposit;
        channel.closesAt = 0;
        _channels[id] = channel;
        if (cancels) emit CloseCancelled(id);
        emit ToppedUp(id, deposit);
        _collect(terms.token, lacking);
    }

    // ---- Money out

    /// Redeems a claim; the channel stays open. Anyone may, since it pays the destination alone.
    function claim(Claim calldata c) external nonReentrant {
        (bytes32 id, Channel memory channel) = _load(c.terms);
        uint96 gain = _redeem(id, channel, c);
        _channels[id] = channel;
        _pay(c.terms.token, c.terms.destination, gain);
    }

    /**
     * Redeems many claims. One that is not good is skipped: it must not cost the others. Neighbours of one
     * token and destination share a transfer.
     */
    function claimBatch(Claim[] calldata claims) external nonReentrant {
        address token;
        address destination;
        uint256 sum;
        for (uint256 i; i < claims.length; ++i) {
            Claim calldata c = claims[i];
            bytes32 id = channelId(c.terms);
            Channel memory channel = _channels[id];
            if (_fault(id, channel, c) != 0) continue;
            if (c.terms.token != token || c.terms.destination != destination) {
                _pay(token, destination, sum);
                (token, destination, sum) = (c.terms.token, c.terms.destination, 0);
            }
            sum += _count(id, channel, c.amount);
            _channels[id] = channel;
        }
        _pay(token, destination, sum);
    }

    /**
     * Redeems a claim into the destination's own channel `out`, by the destination: what it earned becomes
     * deposit of the other direction without leaving the contract.
     */
    function claimInto(Claim calldata c, Terms calldata out) external nonReentrant {
        if (msg.sender != c.terms.destination || msg.sender != out.source) revert WrongParty();
        if (out.token != c.terms.token) revert BadTerms();
        (bytes32 id, Channel memory channel) = _load(c.terms);
        uint96 gain = _redeem(id, channel, c);
        _channels[id] = channel;
        // Loaded after the other is stored: they might be the same.
        (bytes32 outId, Channel memory outgoing) = _load(out);
        outgoing.deposit += gain;
        _channels[outId] = outgoing;
        emit ToppedUp(outId, outgoing.deposit);
    }

    /// Redeems `c` where it is worth more than was claimed, and closes at once, by the destination.
    function close(Claim calldata c) external nonReentrant {
        if (msg.sender != c.terms.destination) revert WrongParty();
        _redeemAndFinish(c);
    }

    /**
     * The same, by anyone who holds the destination's signature that it agrees to a close in which it has been
     * paid `c.amount` in all. It never goes stale: after it, a destination takes no more claims.
     */
    function closeSigned(Claim calldata c, bytes32 r, bytes32 vs) external nonReentrant {
        bytes32 digest = _digest(CLOSE_TYPEHASH, channelId(c.terms), c.amount);
        if (_recover(digest, r, vs) != c.terms.destination) revert BadSignature();
        _redeemAndFinish(c);
    }

    /// Starts the settle delay, by the source.
    function requestClose(Terms calldata terms) external {
        (bytes32 id, Channel memory channel) = _load(terms);
        if (msg.sender != terms.source) revert WrongParty();
        if (channel.closesAt != 0) revert AlreadyClosing();
        channel.closesAt = uint40(block.timestamp) + terms.settleDelay;
        _channels[id] = channel;
        emit CloseRequested(id, channel.closesAt);
    }

    /// Closes after the settle delay. Anyone may, since it pays the source alone.
    function withdraw(Terms calldata terms) external nonReentrant {
        (bytes32 id, Channel memory channel) = _load(terms);
        if (channel.closesAt == 0 || block.timestamp < channel.closesAt) revert TooEarly();
        _finish(id, channel, terms, 0);
    }

    /// Sends what is owed to the caller wherever the caller likes.
    function withdrawOwed(address token, address to) external nonReentrant {
        uint256 amount = owed[token][msg.sender];
        owed[token][msg.sender] = 0;
        if (!_transfer(token, to, amount, gasleft())) revert TransferFailed();
    }

    // ---- Channels

    function _load(Terms calldata terms) private view returns (bytes32 id, Channel memory channel) {
        id = channelId(terms);
        channel = _channels[id];
        if (channel.deposit == 0 || channel.closed) revert NoChannel();
    }

    /// Why a claim is not good, as an error's selector; zero where it is.
    function _fault(bytes32 id, Channel memory channel, Claim calldata c) private view returns (bytes4) {
        if (channel.deposit == 0 || channel.closed) return NoChannel.selector;
        if (c.amount <= channel.claimed) return NotIncreasing.selector;
        if (c.amount > channel.deposit) return OverDeposit.selector;
        bytes32 digest = _digest(CLAIM_TYPEHASH, id, c.amount);
        if (_recover(digest, c.r, c.vs) != c.terms.signer) return BadSignature.selector;
        return 0;
    }

    function _redeem(bytes32 id, Channel memory channel, Claim calldata c) private returns (uint96) {
        bytes4 fault = _fault(id, channel, c);
        if (fault != 0) _revert(fault);
        return _count(id, channel, c.amount);
    }

    /// Counts a good claim; returns what it gains. The caller stores the channel and pays.
    function _count(bytes32 id, Channel memory channel, uint96 amount) private returns (uint96 gain) {
        gain = amount - channel.claimed;
        channel.claimed = amount;
        emit Claimed(id, amount);
    }

    function _redeemAndFinish(Claim calldata c) private {
        (bytes32 id, Channel memory channel) = _load(c.terms);
        // Somebody may have redeemed it already, which is no reason not to close.
        uint96 gain = c.amount > channel.claimed ? _redeem(id, channel, c) : 0;
        _finish(id, channel, c.terms, gain);
    }

    /// Stores the channel as closed, then pays `gain` to the destination and the rest back to the source.
    function _finish(bytes32 id, Channel memory channel, Terms calldata terms, uint96 gain) private {
        uint96 refund = channel.deposit - channel.claimed;
        channel.closed = true;
        channel.closesAt = 0;
        _channels[id] = channel;
        emit Closed(id, channel.claimed, refund);
        _pay(terms.token, terms.destination, gain);
        _pay(terms.token, terms.source, refund);
    }

    // ---- Signatures

    function _computeDomainSeparator() private view returns (bytes32) {
        return
            keccak256(
                abi.encode(DOMAIN_TYPEHASH, keccak256("PayChan"), keccak256("1"), block.chainid, address(this))
            );
    }

    function _digest(bytes32 typehash, bytes32 id, uint96 amount) private view returns (bytes32) {
        return
            keccak256(
                abi.encodePacked(hex"1901", domainSeparator(), keccak256(abi.encode(typehash, id, amount)))
            );
    }

    /**
     * Who signed; zero for whatever is no signature. `vs` is the parity of R (1 bit) and s (255 bits), which leaves
     * no room for the higher of the two s that would do.
     */
    function _recover(bytes32 digest, bytes32 r, bytes32 vs) private pure returns (address) {
        uint256 s = uint256(vs) & (type(uint256).max >> 1);
        return ecrecover(digest, uint8(uint256(vs) >> 255) + 27, r, bytes32(s));
    }

    // ---- Transfers; always the last act, with the books already right

    /// Takes in exactly `amount` from the caller: a token that arrives short is not for escrow.
    function _collect(address token, uint256 amount) private {
        if (token == NATIVE) {
            if (msg.value != amount) revert WrongAmount();
            return;
        }
        if (msg.value != 0) revert WrongAmount();
        if (amount == 0) return;
        if (token.code.length == 0) revert TransferFailed();
        uint256 before = Token(token).balanceOf(address(this));
        if (!_call(token, abi.encodeCall(Token.transferFrom, (msg.sender, address(this), amount)))) {
            revert TransferFailed();
        }
        if (Token(token).balanceOf(address(this)) != before + amount) revert WrongAmount();
    }

    /// Pays, or owes what is not taken. Never reverts for a reason of `account`'s making.
    function _pay(address token, address account, uint256 amount) private {
        if (amount == 0) return;
        if (gasleft() < PAY_GAS_MIN) revert TooLittleGas();
        if (_transfer(token, account, amount, RECEIVE_GAS)) return;
        owed[token][account] += amount;
        emit Owed(token, account, amount);
    }

    function _transfer(address token, address to, uint256 amount, uint256 receiveGas) private returns (bool ok) {
        if (token != NATIVE) return _call(token, abi.encodeCall(Token.transfer, (to, amount)));
        // Not `to.call`, which copies whatever the account answers, at the payer's cost.
        assembly ("memory-safe") {
            ok := call(receiveGas, to, amount, 0, 0, 0, 0)
        }
    }

    /// Calls a token; some return true for success, some return nothing.
    function _call(address token, bytes memory data) private returns (bool) {
        if (token.code.length == 0) return false;
        (bool ok, bytes memory result) = token.call(data);
        if (!ok) return false;
        return result.length == 0 || (result.length >= 32 && uint256(bytes32(result)) == 1);
    }

    function _revert(bytes4 selector) private pure {
        assembly ("memory-safe") {
            mstore(0, selector)
            revert(0, 4)
        }
    }
}
